using TorchSharp.Modules;
using TrainMm.Core;
using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.LanguageModels;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.Fusion.LlamaAdapter;

/// <summary>
/// LLaMA-Adapter (arXiv:2303.16199, sections 3.1 to 3.3): in each of the top L layers every position also attends to K learned prompts, to which the medium's features are added. The prompts have a softmax of
/// their own, and what comes of it is weighted by a gate for each head, tanh g, that starts at zero. A medium keeps one place in the text, with an embedding of its own.
/// The names are those of the published code.
/// </summary>
public sealed class LlamaAdapterFusion : NamedModule, IFusion
{
    private const double StandardDeviation = 1; // PyTorch's for an embedding table
    private const double TokenDeviation = 0.02;

    private readonly LlamaAdapterOptions options;
    private readonly MediaToken token;
    private readonly TokenEmbedding prompts;
    private readonly Dictionary<int, Parameter> gates = [];
    private readonly int first;

    /// <summary>Makes prompts and gates; their sizes are learnt from the decoder.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The language model has fewer layers, or the checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public LlamaAdapterFusion(LlamaAdapterOptions options, FusionContext context)
        : base(nameof(LlamaAdapterFusion))
    {
        this.options = options;
        var layers = DecoderAttention.Of(context.LanguageModel);
        if (options.Layers > layers.Count) throw OptionSource.Error(options, nameof(options.Layers), $"is {options.Layers}, and the language model has {layers.Count} layers");
        first = layers.Count - options.Layers;
        MediaWidth = layers[first].Width;
        prompts = Add("adapter_query", new TokenEmbedding(options.Layers * options.Prompts, MediaWidth, context.Scope.Child("adapter_query")));
        var list = Add("layers", new Place());
        for (var i = first; i < layers.Count; i++)
            gates[i] = list.Child($"{i}").Child("attention").Hold("gate", context.Scope.Child("layers").Child(i).Child("attention").Parameter("gate", 1, layers[i].Heads, 1, 1));
        RandomWeights.Transformer(context.Scope, context.Seed, StandardDeviation);
        foreach (var gate in gates.Values) RandomWeights.Fill(gate, 0);
        token = Add(MediaToken.Name, new MediaToken(context.LanguageModel.Spec.Width, context.Scope));
        RandomWeights.Normal(context.Scope.Parameters[$"{MediaToken.Name}.weight"], $"{context.Scope.Root}.{MediaToken.Name}.weight", context.Seed, TokenDeviation);
        if (options.Checkpoint is { } path) Load(path, context.Scope);
    }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <inheritdoc/>
    public int MediaWidth { get; }

    /// <inheritdoc/>
    /// <exception cref="Core.Diagnostics.ConfigurationException">There are neither one soft token nor as many as prompts.</exception>
    public int PlacesFor(int softTokens) => softTokens == 1 || softTokens == options.Prompts
        ? 1
        : throw OptionSource.Error(options, nameof(options.Prompts), $"{options.Prompts} prompts cannot take up {softTokens} soft tokens", "choose an input projector or a pooled feature that gives one soft token, or as many as prompts");

    /// <inheritdoc/>
    public Tensor Fuse(Tensor embeddings, Batch batch, IReadOnlyDictionary<string, Tensor> projected) => token.Place(embeddings, batch);

    /// <inheritdoc/>
    public ILayerFusion InLayers(Batch batch, IReadOnlyDictionary<string, Tensor> projected) => new Pass(this, FeaturesOf(batch, projected));

    /// <summary>[B, K, D], what is added to a sample's prompts: its medium's soft tokens, of several media their mean; null where the batch has no media.</summary>
    private Tensor? FeaturesOf(Batch batch, IReadOnlyDictionary<string, Tensor> projected)
    {
        var media = PlacedMedia.Of(batch, projected);
        if (media.Count == 0) return null;
        var samples = batch.Ids.shape[0];
        var (sum, counts) = ((Tensor?)null, new float[samples]);
        foreach (var medium in media) counts[medium.Row]++;
        foreach (var (modality, tokens) in projected)
        {
            var rows = tensor(media.Where(medium => medium.Modality == modality).OrderBy(medium => medium.Number).Select(medium => (long)medium.Row).ToArray(), device: tokens.device);
            var each = tokens.expand(tokens.shape[0], options.Prompts, tokens.shape[2]);             // [I, K, D]
            sum = (sum ?? zeros([samples, options.Prompts, tokens.shape[2]], tokens.dtype, tokens.device)).index_add(0, rows, each, 1);
        }

        return sum!.div(tensor(counts, device: sum.device).clamp(min: 1).view(-1, 1, 1).CastTo(sum.dtype)); // [B, K, D]
    }

    private Tensor? Beside(int layer, Tensor queries, Func<Tensor, (Tensor Keys, Tensor Values)> memory, Tensor? features)
    {
        if (!gates.TryGetValue(layer, out var gate)) return null;
        var own = prompts.Weight.narrow(0, (layer - first) * options.Prompts, options.Prompts).unsqueeze(0).CastTo(queries.dtype); // [1, K, D]
        var outside = features is null ? own.expand(queries.shape[0], own.shape[1], own.shape[2]) : own.add(features.CastTo(queries.dtype)); // [B, K, D]
        var (keys, values) = memory(outside);                                                       // [B, key heads, K, d]
        var mixed = Attention.Split(Attention.Attend(queries, keys, values, mask: null), (int)queries.shape[1]); // [B, heads, T, d]
        return Attention.Join(mixed.mul(gate.tanh().CastTo(mixed.dtype)));                          // [B, T, heads · d]
    }

    /// <summary>Published adapters have no embedding of the medium's place; a run's own have.</summary>
    private void Load(string path, ModuleScope scope)
    {
        using var source = WeightSource.Open(path);
        var own = new KeyMap("a run's trained parts", [new("fusion.", ""), new("", null)], []);
        var published = new KeyMap("LLaMA-Adapter", [new("adapter_query.", "adapter_query."), new("layers.", "layers."), new("", null)], []);
        var isOwn = source.Names.Any(name => own.ToModule(name) is not null);
        var wanted = scope.Parameters.Where(pair => isOwn || !pair.Key.StartsWith($"{MediaToken.Name}.", StringComparison.Ordinal)).ToDictionary(StringComparer.Ordinal);
        if (WeightLoader.WhyNot(wanted, source, own, published) is { } faults) throw OptionSource.Error(options, nameof(options.Checkpoint), faults);
        WeightLoader.Load(wanted, source, own, published);
    }

    private sealed class Pass(LlamaAdapterFusion fusion, Tensor? features) : ILayerFusion
    {
        public Tensor? BesideAttention(int layer, Tensor queries, Func<Tensor, (Tensor Keys, Tensor Values)> memory) => fusion.Beside(layer, queries, memory, features);
    }

    /// <summary>A place on the way to a parameter.</summary>
    private sealed class Place() : NamedModule(nameof(Place))
    {
        public Place Child(string name) => Add(name, new Place());

        public Parameter Hold(string name, Parameter parameter) => Add(name, parameter);
    }
}
