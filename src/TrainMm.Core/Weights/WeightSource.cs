using System.Text.Json;
using TrainMm.Core.Diagnostics;
using static TorchSharp.torch;

namespace TrainMm.Core.Weights;

/// <summary>
/// The tensors of a checkpoint by name, read when they are asked for: a safetensors file, a folder with <c>model.safetensors</c>,
/// or a folder whose <c>model.safetensors.index.json</c> says which shard holds which tensor.
/// </summary>
public sealed class WeightSource : IDisposable
{
    private const string SingleFile = "model.safetensors";
    private const string IndexFile = "model.safetensors.index.json";

    private readonly Dictionary<string, SafetensorsFile> files;
    private readonly Dictionary<string, SafetensorsFile> owners;

    private WeightSource(string path, Dictionary<string, SafetensorsFile> files, Dictionary<string, SafetensorsFile> owners)
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
    /// <exception cref="CheckpointException">There is no checkpoint that can be read here, or it is damaged.</exception>
    public static WeightSource Open(string path)
    {
        if (!Directory.Exists(path)) return OfFile(path, path);
        var index = System.IO.Path.Combine(path, IndexFile);
        if (File.Exists(index)) return OfShards(path, index);
        var single = System.IO.Path.Combine(path, SingleFile);
        if (File.Exists(single)) return OfFile(path, single);
        var pickled = Directory.EnumerateFiles(path).Select(System.IO.Path.GetFileName).Where(IsPickle).Order(StringComparer.Ordinal).FirstOrDefault();
        throw new CheckpointException(pickled is null
            ? $"{path} has neither {SingleFile} nor {IndexFile}."
            : $"{path} has no {SingleFile}, only {pickled}: only safetensors checkpoints are read; convert it first.");
    }

    /// <summary>Whether there is a tensor of this name.</summary>
    public bool Contains(string name) => owners.ContainsKey(name);

    /// <summary>How the checkpoint describes a tensor.</summary>
    /// <exception cref="CheckpointException">There is no tensor of this name.</exception>
    public SafetensorsEntry Entry(string name) => Owner(name).Entries[name];

    /// <summary>Reads a tensor; see <see cref="SafetensorsFile.Read"/>.</summary>
    /// <exception cref="CheckpointException">There is no tensor of this name, or it cannot be read.</exception>
    public Tensor Read(string name, ScalarType? dtype = null, Device? device = null) => Owner(name).Read(name, dtype, device);

    /// <summary>Reads a tensor into memory that is there already; see <see cref="SafetensorsFile.ReadInto"/>.</summary>
    /// <exception cref="ArgumentException">The target's shape is another one.</exception>
    /// <exception cref="CheckpointException">There is no tensor of this name, or it cannot be read.</exception>
    public void ReadInto(string name, Tensor target) => Owner(name).ReadInto(name, target);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in files.Values) file.Dispose();
    }

    private static bool IsPickle(string? name) =>
        name is not null && (name.EndsWith(".bin", StringComparison.Ordinal) || name.EndsWith(".pth", StringComparison.Ordinal) || name.EndsWith(".pt", StringComparison.Ordinal));

    private static WeightSource OfFile(string path, string filePath)
    {
        var file = SafetensorsFile.Open(filePath);
        return new WeightSource(
            path,
            new(StringComparer.Ordinal) { [filePath] = file },
            file.Entries.Keys.ToDictionary(name => name, _ => file, StringComparer.Ordinal));
    }

    private static WeightSource OfShards(string folder, string index)
    {
        var source = new WeightSource(folder, new(StringComparer.Ordinal), new(StringComparer.Ordinal));
        try
        {
            foreach (var (name, shard) in ReadIndex(index))
            {
                if (!source.files.TryGetValue(shard, out var file))
                    source.files[shard] = file = SafetensorsFile.Open(System.IO.Path.Combine(folder, shard));
                if (!file.Entries.ContainsKey(name)) throw new CheckpointException($"{index} says that '{name}' is in {shard}, which does not have it.");
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
            using var document = JsonDocument.Parse(File.ReadAllBytes(index));
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

    private SafetensorsFile Owner(string name) =>
        owners.TryGetValue(name, out var file) ? file : throw new CheckpointException($"{Path} has no tensor '{name}'.");
}
