using Segvault.Engines;
using Segvault.Engines.Tantivy;
using Segvault.Testing;
using Xunit;

namespace Segvault.Tests.Engines.Tantivy;

public sealed class RecognitionTests : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly TantivyEngine _engine = new();

    [Fact]
    public void An_index_is_recognised_even_without_segments()
    {
        TantivyFiles.Create(_directory.Path, segments: 0);
        Assert.Equal(IndexPresence.Present, _engine.Recognise(_directory.Path));
        Assert.IsType<TantivyEngine>(IndexEngines.Detect(_directory.Path));
    }

    [Fact]
    public void An_empty_directory_is_no_index() => Assert.Equal(IndexPresence.None, _engine.Recognise(_directory.Path));

    [Theory]
    [InlineData("{\"name\":\"another program\"}")]
    [InlineData("")]
    public async Task A_meta_json_of_another_program_is_no_index(string content)
    {
        File.WriteAllText(_directory.Combine("meta.json"), content);
        File.WriteAllText(_directory.Combine(".tmpABC123"), "");
        Assert.Equal(IndexPresence.None, _engine.Recognise(_directory.Path));
        Assert.Null(IndexEngines.Detect(_directory.Path));
        var thrown = await Assert.ThrowsAsync<NotAnIndexException>(async () => await _engine.PinTestAsync(_directory.Path));
        Assert.Contains(_directory.Path, thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("{\"segments\": [")]
    [InlineData("{\"name\":\"another program\"}")]
    public async Task An_index_whose_meta_json_cannot_be_understood_is_damaged(string? content)
    {
        TantivyFiles.Create(_directory.Path, segments: 1);
        File.Delete(_directory.Combine("meta.json"));
        if (content is not null)
            File.WriteAllText(_directory.Combine("meta.json"), content);
        Assert.Equal(IndexPresence.Damaged, _engine.Recognise(_directory.Path));
        Assert.IsType<TantivyEngine>(IndexEngines.Detect(_directory.Path));
        var thrown = await Assert.ThrowsAsync<DamageException>(async () => await _engine.PinTestAsync(_directory.Path));
        Assert.Equal("meta.json", thrown.DamagedObject);
        Assert.StartsWith(_directory.Combine("meta.json"), thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_meta_json_that_is_a_link_or_a_directory_is_damage_and_not_followed()
    {
        TantivyFiles.Create(_directory.Path, segments: 1);
        File.Delete(_directory.Combine("meta.json"));
        Directory.CreateDirectory(_directory.Combine("meta.json"));
        Assert.Equal(IndexPresence.Damaged, _engine.Recognise(_directory.Path));
    }

    [Fact]
    public void A_missing_directory_is_reported_as_such()
    {
        string missing = _directory.Combine("missing");
        var thrown = Assert.Throws<SegvaultException>(() => _engine.Recognise(missing));
        Assert.Equal(ErrorCode.PathNotFound, thrown.Code);
        Assert.Contains(missing, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_is_no_index()
    {
        string file = _directory.Combine("file");
        File.WriteAllText(file, "");
        var thrown = Assert.Throws<NotAnIndexException>(() => _engine.Recognise(file));
        Assert.Equal(file, thrown.Path);
    }

    [Fact]
    [Trait("needs", "ordinary-user")]
    public async Task What_may_not_be_read_is_named_with_its_owner()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes.");
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "Root may read everything.");
        var files = TantivyFiles.Create(_directory.Combine("index"), segments: 1);
        string store = files.PathOf(files.Segments[0].Id + ".store");
        foreach (string path in (string[])[store, files.PathOf("meta.json"), files.Directory])
        {
            Modes.Set(path, UnixFileMode.None);
            var thrown = await Assert.ThrowsAsync<SegvaultException>(async () => await _engine.PinTestAsync(files.Directory));
            Assert.Equal(ErrorCode.PermissionDenied, thrown.Code);
            Assert.StartsWith(path, thrown.Message, StringComparison.Ordinal);
            Assert.Contains("it belongs to " + Environment.UserName, thrown.Message, StringComparison.Ordinal);
            Modes.Set(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    public void Dispose() => _directory.Dispose();
}
