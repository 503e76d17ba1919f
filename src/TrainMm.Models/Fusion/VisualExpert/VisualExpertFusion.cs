using TrainMm.Core;
using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Models.Fusion.Splice;
using static TorchSharp.torch;

namespace TrainMm.Models.Fusion.VisualExpert;

/// <summary>
/// CogVLM's visual expert (arXiv:2311.03079, section 2.1): at media positions each layer's queries, keys, values, output and feed-forward layer have weights of their own, which start as the language model's;
/// text positions keep the language model's, to the bit. All positions attend to one another as before; a medium's soft tokens share one position. A parameter has the path of the layer that it stands in for.
/// </summary>
public sealed class VisualExpertFusion : NamedModule, IFusion, ILayerFusion
{
    private readonly SpliceFusion splice;
    private readonly bool sharedPosition;
    private readonly Dictionary<LinearLayer, LinearLayer> experts = [];

    /// <summary>Makes an expert for each linear layer of the decoder's layers.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The language model cannot share positions, or the checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public VisualExpertFusion(VisualExpertOptions options, FusionContext context)
        : base(nameof(VisualExpertFusion))
    {
        if (options.SharedPosition && context.LanguageModel.Spec.HasPrefix)
            throw OptionSource.Error(options, nameof(options.SharedPosition), "a prefix decoder counts the positions of its prefix itself", "shared_position: false counts soft tokens like words");
        sharedPosition = options.SharedPosition;
        splice = new SpliceFusion(context.LanguageModel.Spec.Width);
        var root = new Branch();
        foreach (var (place, module) in context.LanguageModel.Module.named_modules())
        {
            if (module is not LinearLayer layer || !IsInALayer(place)) continue;
            var expert = context.Scope.Child(place).Linear(layer.InFeatures, layer.OutFeatures, layer.Bias is not null, layer.IsTransposed);
            Copy(layer, expert);
            experts[layer] = expert;
            root.Put(place.Split('.'), expert);
        }

        foreach (var (name, module) in root.named_children()) Add(name, module);
        if (options.Checkpoint is { } path) CogVlmCheckpoint.Load(options, path, context.Scope);
    }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <inheritdoc/>
    public int MediaWidth => splice.MediaWidth;

    /// <inheritdoc/>
    public bool NeedsMediaMask => true;

    /// <inheritdoc/>
    public Tensor Fuse(Tensor embeddings, Batch batch, IReadOnlyDictionary<string, Tensor> projected) => splice.Fuse(embeddings, batch, projected);

    /// <inheritdoc/>
    public Tensor PositionsOf(Batch batch)
    {
        if (!sharedPosition || batch.Media.Count == 0) return batch.Positions;
        using var scope = NewDisposeScope();
        var steps = batch.AttentionMask.to_type(ScalarType.Int64).reshape(-1);                      // [B·T], 1 where the count goes on
        foreach (var media in batch.Media.Values)
        {
            var places = media.Places.view(-1, media.TokensPerMedium);                              // [I, Q]
            steps = steps.index_fill(0, places.narrow(1, 1, media.TokensPerMedium - 1).reshape(-1), 0);
        }

        return steps.view(batch.Ids.shape).cumsum(1).sub(1).clamp(min: 0).MoveToOuterDisposeScope(); // [B, T]
    }

    /// <inheritdoc/>
    public ILayerFusion? InLayers(Batch batch, IReadOnlyDictionary<string, Tensor> projected) => batch.Media.Count == 0 ? null : this;

    /// <inheritdoc/>
    public Tensor AtMedia(LinearLayer layer, Tensor input, Tensor output, Tensor mediaRows)
    {
        if (!experts.TryGetValue(layer, out var expert)) return output;
        var rows = input.reshape(-1, input.shape[^1]).index_select(0, mediaRows);                    // [M, in]
        var replaced = output.reshape(-1, output.shape[^1]).index_copy(0, mediaRows, expert.Forward(rows)); // [R, out]
        return replaced.view(output.shape);                                                         // [..., out]
    }

    /// <summary>Layers are what a decoder numbers; the head and what stands around the layers are not among them.</summary>
    private static bool IsInALayer(string path) => path.Split('.').Any(part => part.All(char.IsAsciiDigit));

    private static void Copy(LinearLayer from, LinearLayer to)
    {
        if (from.Weight.is_meta) return;
        using var guard = no_grad();
        using var weight = to.Weight.detach();
        weight.copy_(from.Weight);
        if (from.Bias is null) return;
        using var bias = to.Bias!.detach();
        bias.copy_(from.Bias);
    }

    /// <summary>A tree of the paths.</summary>
    private sealed class Branch() : NamedModule(nameof(Branch))
    {
        private readonly Dictionary<string, Branch> branches = new(StringComparer.Ordinal);

        public void Put(ReadOnlySpan<string> path, LinearLayer layer)
        {
            if (path.Length == 1)
            {
                Add(path[0], layer);
                return;
            }

            if (!branches.TryGetValue(path[0], out var branch)) branches[path[0]] = branch = Add(path[0], new Branch());
            branch.Put(path[1..], layer);
        }
    }
}
