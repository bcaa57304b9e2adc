using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Segvault.Testing.Fuzzing;

/// <summary>Changes JSON so that it mostly stays JSON: a value becomes another one, disappears, or appears twice.</summary>
internal static class JsonMutation
{
    private static readonly string[] Values =
    [
        "null", "true", "0", "-1", "1e999", "9223372036854775807", "-9223372036854775808", "18446744073709551615", "0.5", "\"\"", "\"a\"", "\"/\"", "\"../x\"", "\"\\u0000\"",
        "\"half a character\"", "[]", "{}", "[null]", "[[null]]", "[\"\"]", "[0,0,0,0]", "\"0001-01-01T00:00:00+14:00\"", "\"9999-12-31T23:59:59-14:00\"",
        "\"00000000000000000000000000000000\"", "\"packs/00000000000000000000000000000000\"", "\"backups/\"",
    ];

    public static byte[] Change(byte[] json, Random random)
    {
        try
        {
            var root = JsonNode.Parse(json);
            for (var i = random.Next(1, 4); i > 0 && root is JsonObject or JsonArray; i--)
                root = ChangeOnce(root!, random);

            // What only text can say: a node with half a character cannot be made.
            return Encoding.UTF8.GetBytes(root?.ToJsonString().Replace("half a character", "\\ud800", StringComparison.Ordinal) ?? "null");
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException or InvalidOperationException)
        {
            // It is none, names a member twice, or holds half a character already.
            return ByteMutation.Change(json, random);
        }
    }

    private static JsonNode? ChangeOnce(JsonNode root, Random random)
    {
        var places = new List<(JsonNode Parent, object Key)>();
        Find(root, places);
        if (places.Count == 0)
            return Value(random);
        var (parent, key) = places[random.Next(places.Count)];
        var what = random.Next(6);
        switch (parent)
        {
            case JsonArray array when what == 0:
                array.RemoveAt((int)key);
                break;
            case JsonArray array when what == 1:
                array.Insert((int)key, array[(int)key]?.DeepClone());
                break;
            case JsonArray array:
                array[(int)key] = Value(random);
                break;
            case JsonObject members when what == 0:
                members.Remove((string)key);
                break;
            case JsonObject members:
                var value = what == 1 ? Other(places, random) : Value(random);
                members[(string)key] = value;
                break;
        }

        return root;
    }

    private static JsonNode? Other(List<(JsonNode Parent, object Key)> places, Random random)
    {
        var (parent, key) = places[random.Next(places.Count)];
        return (key is int index ? parent[index] : parent[(string)key])?.DeepClone();
    }

    private static JsonNode? Value(Random random) => JsonNode.Parse(Values[random.Next(Values.Length)]);

    private static void Find(JsonNode node, List<(JsonNode Parent, object Key)> places)
    {
        switch (node)
        {
            case JsonArray array:
                for (var i = 0; i < array.Count; i++)
                    Add(array, i, array[i], places);
                break;
            case JsonObject members:
                foreach (var (name, value) in members)
                    Add(members, name, value, places);
                break;
        }
    }

    private static void Add(JsonNode parent, object key, JsonNode? value, List<(JsonNode Parent, object Key)> places)
    {
        places.Add((parent, key));
        if (value is not null)
            Find(value, places);
    }
}
