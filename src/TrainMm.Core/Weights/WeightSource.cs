using System.Text.Json;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Weights.PyTorch;
using static TorchSharp.torch;

namespace TrainMm.Core.Weights;

/// <summary>
/// The tensors of a checkpoint by name, read when they are asked for: a file (safetensors, or PyTorch's <c>.bin</c>, <c>.pt</c>, <c>.pth</c>), a folder with
/// <c>model.safetensors</c> or <c>pytorch_model.bin</c>, or a folder whose index (<c>….index.json</c>) says which shard holds which tensor.
/// </summary>
public sealed class WeightSource : IDisposable
{
    private const string IndexSuffix = ".index.json";

    /// <summary>What a folder may hold, the preferred one first; each may be one file, or shards and an index.</summary>
    private static readonly string[] StandardFiles = ["model.safetensors", "pytorch_model.bin"];

    /// <summary>The ends of the names of PyTorch's files.</summary>
    private static readonly string[] TorchSuffixes = [".bin", ".pt", ".pth"];

    private readonly Dictionary<string, ITensorFile> files;
    private readonly Dictionary<string, ITensorFile> owners;

    private WeightSource(string path, Dictionary<string, ITensorFile> files, Dictionary<string, ITensorFile> owners)
    {
        Path = path;
        this.files = files;
        this.owners = owners;
    }

    /// <summary>The file or folder, as it was named.</summary>
    public string Path { get; }

    /// <summary>All tensors' names.</summary>
    public IReadOnlyCollection<string> Names => owners.Keys;

    /// <summary>Opens a file or a folder.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="ownFiles">What the folder may hold of the part alone; it comes before a whole model's files.</param>
    /// <exception cref="CheckpointException">There is no checkpoint that can be read here, or it is damaged.</exception>
    public static WeightSource Open(string path, params IReadOnlyList<string> ownFiles)
    {
        if (!Directory.Exists(path)) return OfFile(path, path);
        foreach (var name in ownFiles.Concat(StandardFiles))
        {
            var file = System.IO.Path.Combine(path, name);
            if (File.Exists(file + IndexSuffix)) return OfShards(path, file + IndexSuffix);
            if (File.Exists(file)) return OfFile(path, file);
        }

        throw new CheckpointException($"{path} holds no weights: there is no {string.Join(", ", ownFiles.Concat(StandardFiles))}, whole or with an index ({StandardFiles[0]}{IndexSuffix}).");
    }

    /// <summary>Whether there is a tensor of this name.</summary>
    public bool Contains(string name) => owners.ContainsKey(name);

    /// <summary>How the checkpoint describes a tensor.</summary>
    /// <exception cref="CheckpointException">There is no tensor of this name.</exception>
    public TensorEntry Entry(string name) => Owner(name).Entry(name);

    /// <summary>Reads a tensor.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="dtype">The wanted element type; null keeps the file's.</param>
    /// <param name="device">Where it shall lie; null is the CPU.</param>
    /// <exception cref="CheckpointException">There is no tensor of this name, or it cannot be read.</exception>
    public Tensor Read(string name, ScalarType? dtype = null, Device? device = null)
    {
        var entry = Entry(name);
        var target = empty([.. entry.Shape], dtype ?? entry.Dtype, device ?? CPU);
        ReadInto(name, target);
        return target;
    }

    /// <summary>Reads a tensor into memory that is there already; see <see cref="ITensorFile.ReadInto"/>.</summary>
    /// <exception cref="ArgumentException">The target's shape is another one.</exception>
    /// <exception cref="CheckpointException">There is no tensor of this name, or it cannot be read.</exception>
    public void ReadInto(string name, Tensor target) => Owner(name).ReadInto(name, target);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in files.Values) file.Dispose();
    }

    private static ITensorFile OpenFile(string path) =>
        TorchSuffixes.Contains(System.IO.Path.GetExtension(path), StringComparer.Ordinal) ? TorchFile.Open(path) : SafetensorsFile.Open(path);

    private static WeightSource OfFile(string path, string filePath)
    {
        var file = OpenFile(filePath);
        return new WeightSource(
            path,
            new(StringComparer.Ordinal) { [filePath] = file },
            file.Names.ToDictionary(name => name, _ => file, StringComparer.Ordinal));
    }

    private static WeightSource OfShards(string folder, string index)
    {
        var source = new WeightSource(folder, new(StringComparer.Ordinal), new(StringComparer.Ordinal));
        try
        {
            foreach (var (name, shard) in ReadIndex(index))
            {
                if (!source.files.TryGetValue(shard, out var file))
                    source.files[shard] = file = OpenFile(System.IO.Path.Combine(folder, shard));
                if (!file.Contains(name)) throw new CheckpointException($"{index} says that '{name}' is in {shard}, which does not have it.");
                source.owners[name] = file;
            }

            return source;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private static List<(string Name, string Shard)> ReadIndex(string index)
    {
        try
        {
            using var document = JsonBytes.Parse(File.ReadAllBytes(index));
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
                throw new CheckpointException($"{index} has no 'weight_map'.");
            var entries = new List<(string, string)>();
            foreach (var item in map.EnumerateObject())
            {
                // A shard lies beside its index: anything with a folder in it would reach outside the checkpoint.
                if (item.Value.ValueKind != JsonValueKind.String || item.Value.GetString() is not { Length: > 0 } shard || System.IO.Path.GetFileName(shard) != shard)
                    throw new CheckpointException($"{index} gives '{item.Name}' the shard '{item.Value}', which is no file name.");
                entries.Add((item.Name, shard));
            }

            return entries;
        }
        catch (JsonException fault)
        {
            throw new CheckpointException($"{index} is not valid JSON.", fault);
        }
    }

    private ITensorFile Owner(string name) =>
        owners.TryGetValue(name, out var file) ? file : throw new CheckpointException($"{Path} has no tensor '{name}'.");
}
