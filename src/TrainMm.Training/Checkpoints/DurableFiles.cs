using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace TrainMm.Training.Checkpoints;

/// <summary>Files that are on the disk when the call returns.</summary>
internal static partial class DurableFiles
{
    /// <summary>Writes a text (UTF-8, no byte order mark) beside its final name, flushes it and gives it its name: a reader sees the old text or the new one.</summary>
    public static void WriteText(string path, string text)
    {
        var temporary = path + ".tmp";
        using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Copies a file and flushes the copy.</summary>
    public static void Copy(string source, string target)
    {
        File.Copy(source, target, overwrite: true);
        using var stream = new FileStream(target, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        stream.Flush(flushToDisk: true);
    }

    /// <summary>SHA-256 of a file, lower-case hex.</summary>
    public static string HashOf(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 20, FileOptions.SequentialScan);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>Makes the names in a folder durable. On Windows the file system does so by itself.</summary>
    /// <exception cref="IOException">The folder cannot be flushed.</exception>
    public static void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = Open(folder, 0);
        if (descriptor < 0) throw new IOException($"{folder} cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        var failed = Flush(descriptor) != 0 ? Marshal.GetLastPInvokeErrorMessage() : null;
        _ = Close(descriptor);
        if (failed is not null) throw new IOException($"{folder} cannot be flushed to the disk: {failed}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Flush(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
