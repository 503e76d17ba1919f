using static TorchSharp.torch;

namespace TrainMm.Models.Generators.Targets;

/// <summary>
/// Targets on disk, in a folder that holds for one generator on one kind of machine. Each process that adds some writes a file of its own, so that several may use the folder at the same time; each sees what was there when it
/// opened it, and what it added. What is read is checked against its hash. Thread-safe.
/// </summary>
public sealed class TargetStore : IDisposable
{
    private readonly Lock writing = new();
    private readonly Dictionary<TargetKey, (TargetFile File, long Offset)> places = [];
    private readonly List<TargetFile> files = [];
    private readonly string folder;
    private TargetFile? own;
    private long room;

    private TargetStore(string folder, long room) => (this.folder, this.room, IsGrowing) = (folder, room, room > 0);

    /// <summary>Targets that were there when it was opened.</summary>
    public int Known { get; private set; }

    /// <summary>Whether targets are added, or only read.</summary>
    public bool IsGrowing { get; }

    /// <summary>Targets that were read.</summary>
    public int Found { get; private set; }

    /// <summary>Targets that were added.</summary>
    public int Added { get; private set; }

    /// <summary>Targets whose bytes were no longer those that were written.</summary>
    public int Damaged { get; private set; }

    /// <summary>Why nothing is added any more; null while something is.</summary>
    public string? Closed { get; private set; }

    /// <summary>Opens a folder, which need not be there yet.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="room">Bytes that may be added; 0: nothing is.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static TargetStore Open(string folder, long room)
    {
        var store = new TargetStore(folder, room);
        if (!Directory.Exists(folder)) return store;

        // The newest last: one that was found damaged was written again.
        foreach (var path in new DirectoryInfo(folder).EnumerateFiles("*.targets").OrderBy(file => file.LastWriteTimeUtc).ThenBy(file => file.Name, StringComparer.Ordinal))
        {
            if (TargetFile.Open(path.FullName) is not { } file) continue;
            store.files.Add(file);
            foreach (var (key, offset) in file.Records()) store.places[key] = (file, offset);
        }

        store.Known = store.places.Count;
        return store;
    }

    /// <summary>A target, on the CPU; null where it is not there, or no longer as it was written.</summary>
    public Tensor? Find(TargetKey key)
    {
        (TargetFile File, long Offset) place;
        lock (writing)
        {
            if (!places.TryGetValue(key, out place)) return null;
        }

        var target = place.File.Read(key, place.Offset);
        lock (writing)
        {
            if (target is not null) Found++;
            else if (places.Remove(key)) Damaged++;
        }

        return target;
    }

    /// <summary>Adds a target, where there is room.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="target">On the CPU, contiguous.</param>
    public void Add(TargetKey key, Tensor target)
    {
        lock (writing)
        {
            if (!IsGrowing || Closed is not null || places.ContainsKey(key)) return;
            var size = TargetFile.SizeOf(target);
            if (size > room)
            {
                Closed = "there is no more room";
                return;
            }

            try
            {
                own ??= Begin();
                places.Add(key, (own, own.Append(key, target)));
                room -= size;
                Added++;
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                Closed = fault.Message;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in files) file.Dispose();
    }

    private TargetFile Begin()
    {
        Directory.CreateDirectory(folder);
        var file = TargetFile.Create(Path.Combine(folder, $"{Guid.NewGuid():N}.targets"));
        files.Add(file);
        return file;
    }
}
