using static TorchSharp.torch;

namespace TrainMm.Core.Kept;

/// <summary>
/// Tensors that were computed once, on disk, in a folder that holds for one maker (a frozen encoder, a generator) on one kind of machine. Each process that adds some writes a file of its own, so that several may use the folder at the same time; each sees what was there when it
/// opened it, and what it added. What is read is checked against its hash. Thread-safe.
/// </summary>
public sealed class TensorStore : IDisposable
{
    private const string Pattern = "*.tensors";
    private readonly Lock writing = new();
    private readonly Dictionary<TensorKey, (TensorFile File, long Offset)> places = [];
    private readonly List<TensorFile> files = [];
    private TensorFile? own;
    private long room;

    private TensorStore(string folder, long room) => (Folder, this.room, IsGrowing) = (folder, room, room > 0);

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Tensors that were there when it was opened.</summary>
    public int Known { get; private set; }

    /// <summary>Whether tensors are added, or only read.</summary>
    public bool IsGrowing { get; private set; }

    /// <summary>Tensors that were read.</summary>
    public int Found { get; private set; }

    /// <summary>Tensors that were added.</summary>
    public int Added { get; private set; }

    /// <summary>Tensors whose bytes were no longer those that were written.</summary>
    public int Damaged { get; private set; }

    /// <summary>Why nothing is added any more; null while something is.</summary>
    public string? Closed { get; private set; }

    /// <summary>Bytes of all stores below a folder.</summary>
    public static long BytesIn(string root) => Directory.Exists(root) ? new DirectoryInfo(root).EnumerateFiles(Pattern, SearchOption.AllDirectories).Sum(file => file.Length) : 0;

    /// <summary>Opens a folder, which need not be there yet.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="room">Bytes that may be added; 0: nothing is.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static TensorStore Open(string folder, long room)
    {
        var store = new TensorStore(folder, room);
        if (!Directory.Exists(folder)) return store;

        // The newest last: one that was found damaged was written again.
        foreach (var path in new DirectoryInfo(folder).EnumerateFiles(Pattern).OrderBy(file => file.LastWriteTimeUtc).ThenBy(file => file.Name, StringComparer.Ordinal))
        {
            if (TensorFile.Open(path.FullName) is not { } file) continue;
            store.files.Add(file);
            foreach (var (key, offset) in file.Records()) store.places[key] = (file, offset);
        }

        store.Known = store.places.Count;
        return store;
    }

    /// <summary>Whether it is there.</summary>
    public bool Contains(TensorKey key)
    {
        lock (writing) return places.ContainsKey(key);
    }

    /// <summary>A tensor, on the CPU, in the caller's scope; null where it is not there, or no longer as it was written.</summary>
    public Tensor? Find(TensorKey key)
    {
        (TensorFile File, long Offset) place;
        lock (writing)
        {
            if (!places.TryGetValue(key, out place)) return null;
        }

        var tensor = place.File.Read(key, place.Offset);
        lock (writing)
        {
            if (tensor is not null) Found++;
            else if (places.Remove(key)) Damaged++;
        }

        return tensor;
    }

    /// <summary>Adds a tensor, where there is room.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="tensor">On the CPU, contiguous.</param>
    public void Add(TensorKey key, Tensor tensor)
    {
        lock (writing)
        {
            if (!IsGrowing || Closed is not null || places.ContainsKey(key)) return;
            var size = TensorFile.SizeOf(tensor);
            if (size > room)
            {
                Closed = "there is no more room";
                return;
            }

            try
            {
                own ??= Begin();
                places.Add(key, (own, own.Append(key, tensor)));
                room -= size;
                Added++;
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                Closed = fault.Message;
            }
        }
    }

    /// <summary>From here on it is read only.</summary>
    public void StopGrowing() => IsGrowing = false;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in files) file.Dispose();
    }

    private TensorFile Begin()
    {
        Directory.CreateDirectory(Folder);
        var file = TensorFile.Create(Path.Combine(Folder, $"{Guid.NewGuid():N}.tensors"));
        files.Add(file);
        return file;
    }
}
