using TorchSharp.Modules;
using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Peft.Lora;

/// <summary>
/// What LoRA and partial LoRA share: PEFT's targets, patterns and file names. A starts Kaiming-uniform (a = √5) and B at zero, and a magnitude at the length that the
/// frozen row has, so that training begins at the frozen model.
/// </summary>
public abstract class LowRankAdapter : IPeftMethod
{
    private const string MagnitudeName = "lora_magnitude_vector";

    private readonly PeftContext context;
    private readonly string peftType;
    private readonly LoraOptions options;
    private readonly Dictionary<string, Parameter> parameters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Parameter> whole = new(StringComparer.Ordinal);
    private readonly List<LoraLinear> layers = [];
    private readonly List<string> seen = [];

    private protected LowRankAdapter(string peftType, bool mediaOnly, LoraOptions options, PeftContext context)
    {
        this.peftType = peftType;
        this.options = options;
        this.context = context;
        NeedsMediaMask = mediaOnly;
        Settings = options.Checkpoint is { } folder ? AdapterConfigFile.Read(folder, peftType) : options.ToSettings();
        if (mediaOnly && Settings.UseDora) throw OptionSource.Error(options, nameof(options.Dora), "is for lora: the length of a weight's row acts at every position");
    }

    /// <summary>Ranks, scales and targets.</summary>
    public LoraSettings Settings { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, Parameter> Parameters => parameters;

    /// <inheritdoc/>
    public bool NeedsMediaMask { get; }

    /// <inheritdoc/>
    public bool DrawsRandomNumbers => Settings.Dropout > 0;

    /// <inheritdoc/>
    public LinearLayer Adapt(string path, LinearLayer layer)
    {
        seen.Add(path);
        if (!Settings.Targets.Match(path)) return layer;
        var (rank, scale) = Settings.For(path);
        var down = NewParameter($"{path}.lora_A.weight", layer.Weight.device, rank, layer.InFeatures);
        var up = NewParameter($"{path}.lora_B.weight", layer.Weight.device, layer.OutFeatures, rank);
        RandomWeights.Uniform(down, $"{PeftContext.Root}.{path}.lora_A.weight", context.Seed, 1 / Math.Sqrt(layer.InFeatures));
        RandomWeights.Fill(up, 0);
        var magnitude = Settings.UseDora ? NewParameter($"{path}.{MagnitudeName}", layer.Weight.device, layer.OutFeatures) : null;
        var adapted = new LoraLinear(layer, down, up, scale, Settings.Dropout, NeedsMediaMask, magnitude);
        layers.Add(adapted);
        return adapted;
    }

    /// <inheritdoc/>
    public bool SavesWhole(string path) => Settings.SavesWhole(path);

    /// <inheritdoc/>
    public void AddWhole(string path, Parameter parameter)
    {
        whole.Add(path, parameter);
        parameters.Add(path, parameter);
    }

    /// <inheritdoc/>
    public void Complete()
    {
        var unmatched = Settings.Targets.Unmatched(seen);
        var names = seen.Select(path => path[(path.LastIndexOf('.') + 1)..]).Distinct(StringComparer.Ordinal).ToArray();
        var property = options.Checkpoint is not null ? nameof(options.Checkpoint) : options.TargetPattern is not null ? nameof(options.TargetPattern) : nameof(options.TargetModules);
        if (unmatched.Count > 0)
            throw OptionSource.Error(options, property, $"'{unmatched[0]}' fits no linear layer of the language model", Spelling.Hint(unmatched[0], names, "its linear layers"));
        foreach (var name in Settings.ModulesToSave)
        {
            if (!whole.Keys.Any(path => $".{path}".Contains($".{name}.", StringComparison.Ordinal)))
                throw OptionSource.Error(options, nameof(options.ModulesToSave), $"'{name}' fits no module of the language model");
        }

        foreach (var layer in layers) layer.MeasureMagnitude();
        if (options.Checkpoint is null) return;
        using var source = WeightSource.Open(options.Checkpoint, AdapterConfigFile.WeightsName, AdapterConfigFile.OlderWeightsName);
        Load(source);
    }

    /// <inheritdoc/>
    public void Save(string folder)
    {
        AdapterConfigFile.Write(folder, peftType, Settings, layers.Exists(layer => layer.IsTransposed));
        SafetensorsWriter.Write(
            Path.Combine(folder, AdapterConfigFile.WeightsName),
            parameters.ToDictionary(pair => AdapterConfigFile.NamePrefix + pair.Key, pair => (Tensor)pair.Value, StringComparer.Ordinal));
    }

    /// <inheritdoc/>
    public void Load(WeightSource source) => WeightLoader.Load(
        parameters,
        source,
        Layout("PEFT on a LLaVA", $"{AdapterConfigFile.NamePrefix}{PeftContext.Root}."),
        Layout("PEFT on a language model", AdapterConfigFile.NamePrefix));

    /// <inheritdoc/>
    public void Merge()
    {
        foreach (var layer in layers) layer.Merge();
    }

    /// <inheritdoc/>
    public void Unmerge()
    {
        foreach (var layer in layers) layer.Unmerge();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The parameters are registered in the language model's layers, which dispose of them.
        parameters.Clear();
        layers.Clear();
        GC.SuppressFinalize(this);
    }

    /// <summary>PEFT 0.10 saves a magnitude under its own name; its successors, which made it a module, with <c>.weight</c> behind.</summary>
    private KeyMap Layout(string name, string prefix) => new(
        name,
        [.. parameters.Keys.Where(path => path.EndsWith(MagnitudeName, StringComparison.Ordinal)).Select(path => new PrefixRule($"{prefix}{path}.weight", path)), new(prefix, "")],
        []);

    private Parameter NewParameter(string path, Device device, params long[] shape)
    {
        var parameter = new Parameter(empty(shape, ScalarType.Float32, device), requires_grad: context.Trained.Claim($"{PeftContext.Root}.{path}", isAdapter: true));
        parameter.DetachFromDisposeScope();
        parameters.Add(path, parameter);
        return parameter;
    }
}
