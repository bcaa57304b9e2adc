using System.Runtime.Versioning;
using System.Security.AccessControl;

namespace Segvault.IO;

/// <summary>Access lists of directories on Windows.</summary>
[SupportedOSPlatform("windows")]
internal static class DirectoryAccess
{
    public static bool TryCopy(string from, string to)
    {
        try
        {
            byte[] list = new DirectoryInfo(from).GetAccessControl(AccessControlSections.Access).GetSecurityDescriptorBinaryForm();
            var copy = new DirectorySecurity();
            copy.SetSecurityDescriptorBinaryForm(list, AccessControlSections.Access);
            new DirectoryInfo(to).SetAccessControl(copy);
            return true;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or PrivilegeNotHeldException or NotSupportedException)
        {
            return false;
        }
    }
}
