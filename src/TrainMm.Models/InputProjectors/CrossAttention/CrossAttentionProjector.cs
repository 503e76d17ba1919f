using TorchSharp.Modules;
using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.CrossAttention;

/// <summary>
/// Qwen-VL's position-aware adapter (arXiv:2308.12966, section 2.1): one layer of cross-attention from learned queries to the features, with two-dimensional
/// positions added to queries and keys, a norm and a projection. The parameters have the names of Qwen-VL's <c>transformer.visual</c>: <c>attn_pool</c>, <c>ln_post</c>, <c>proj</c>;
/// the positions, which its file holds too, are computed.
/// </summary>
public sealed class CrossAttentionProjector : NamedModule, IInputProjector
{
    private const double Epsilon = 1e-6;

    private readonly QueryPool pool;
    private readonly LayerNorm norm;
    private readonly Parameter projection;

    /// <summary>Makes the projector; its parameters have no values yet.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The features form no square, or the language model's width cannot be split into the heads.</exception>
    public CrossAttentionProjector(CrossAttentionOptions options, FeatureSpec features, int width, ModuleScope scope)
        : base(nameof(CrossAttentionProjector))
    {
        var grid = FeatureGrid.Of(features, options, nameof(options.NumQueries));
        if (grid.Height != grid.Width) throw OptionSource.Error(options, nameof(options.NumQueries), $"needs features that form a square, and the encoder gives {grid.Height} × {grid.Width}");
        var heads = options.NumHeads ?? Math.Max(1, width / 128);
        if (width % heads != 0 || width % 4 != 0)
            throw OptionSource.Error(options, nameof(options.NumHeads), $"cannot split the language model's {width} dimensions into {heads} heads with positions in two directions");
        pool = Add("attn_pool", new QueryPool(options.NumQueries, heads, features.Width, width, Epsilon, scope.Child("attn_pool")));
        norm = Add("ln_post", new LayerNorm(width, Epsilon, scope.Child("ln_post")));
        projection = Add("proj", scope.Parameter("proj", width, width));
    }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>What Qwen-VL's file calls the parameters.</summary>
    internal static KeyMap Layout { get; } = new(
        "QWenLMHeadModel",
        [new("transformer.visual.attn_pool.", "attn_pool."), new("transformer.visual.ln_post.", "ln_post."), new("transformer.visual.proj", "proj")],
        [".pos_embed"]);

    /// <summary>Builds the projector and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The features do not fit, or the checkpoint does not.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static CrossAttentionProjector Create(CrossAttentionOptions options, InputProjectorContext context)
    {
        var projector = new CrossAttentionProjector(options, context.Features, context.Width, context.Scope);
        if (options.Checkpoint is { } path) ProjectorCheckpoint.Load(context.Scope, options, path, [Layout], leftOut: []);
        else RandomWeights.Transformer(context.Scope, context.Seed, std: 0.02);
        return projector;
    }

    /// <inheritdoc/>
    public int TokensFor(FeatureSpec features) => pool.Queries;

    /// <inheritdoc/>
    public Tensor Project(Tensor features)
    {
        var x = norm.Forward(pool.Forward(features));           // [I, N, De] -> [I, Q, D]
        return x.matmul(projection.CastTo(x.dtype));            // [I, Q, D]
    }
}
