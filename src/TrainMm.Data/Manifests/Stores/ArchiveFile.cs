using Microsoft.Win32.SafeHandles;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Manifests.Stores;

/// <summary>An archive open for reads at any place from any thread.</summary>
internal sealed class ArchiveFile : IDisposable
{
    /// <summary>No medium may be larger: a damaged size must not become an allocation.</summary>
    internal const long MaxEntrySize = 1L << 30;

    private readonly SafeFileHandle handle;

    /// <summary>Opens the archive.</summary>
    /// <exception cref="DataException">The file cannot be opened.</exception>
    internal ArchiveFile(string path)
    {
        Path = path;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.RandomAccess);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException("The archive cannot be opened.", path, error);
        }

        Length = RandomAccess.GetLength(handle);
    }

    internal string Path { get; }

    internal long Length { get; }

    /// <summary>Fills the target or says that the archive ends too early.</summary>
    /// <exception cref="DataException">The range is not in the file, or the file cannot be read.</exception>
    internal void Read(long offset, Span<byte> target)
    {
        if (offset < 0 || target.Length > Length - offset) throw Truncated();
        try
        {
            while (target.Length > 0)
            {
                var count = RandomAccess.Read(handle, target, offset);
                if (count == 0) throw Truncated();
                target = target[count..];
                offset += count;
            }
        }
        catch (IOException error)
        {
            throw new DataException("The archive cannot be read.", Path, error);
        }
    }

    internal DataException Damaged(string what) => new($"The archive is damaged: {what}.", Path);

    internal DataException Refused(string what) => new($"The archive is refused: {what}.", Path);

    internal DataException Truncated() => Damaged("it ends too early");

    public void Dispose() => handle.Dispose();
}
