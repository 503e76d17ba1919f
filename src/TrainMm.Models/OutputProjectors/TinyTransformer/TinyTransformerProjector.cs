using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.OutputProjectors.TinyTransformer;

/// <summary>
/// NExT-GPT's output projector (arXiv:2309.05519, section 3), which is GILL's mapper (arXiv:2305.17216, section 3): the states and the embeddings of the signal tokens are added and narrowed, an encoder
/// reads them, C learned queries ask its states, and a linear layer brings them to the generator's width. Names are GILL's: <c>fc</c>, <c>tfm</c>, <c>model</c>, <c>query_embs</c>.
/// </summary>
public sealed class TinyTransformerProjector : NamedModule, IOutputProjector
{
    private readonly LinearLayer narrow;
    private readonly QueryTransformer transformer;
    private readonly LinearLayer widen;
    private readonly Parameter queries;

    /// <summary>Makes the projector; its parameters have no values yet.</summary>
    public TinyTransformerProjector(TinyTransformerOptions options, int width, FeatureSpec condition, ModuleScope scope)
        : base(nameof(TinyTransformerProjector))
    {
        narrow = Add("fc", scope.Child("fc").Linear(width, options.HiddenWidth, bias: true));
        transformer = Add("tfm", new QueryTransformer(options.HiddenWidth, options.Heads, options.Depth, scope.Child("tfm")));
        widen = Add("model", scope.Child("model").Linear(options.HiddenWidth, condition.Width, bias: true));
        queries = Add("query_embs", scope.Parameter("query_embs", 1, condition.Tokens, options.HiddenWidth));
    }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>Builds the projector and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static TinyTransformerProjector Create(TinyTransformerOptions options, OutputProjectorContext context)
    {
        var (scope, seed) = (context.Scope, context.Seed);
        var projector = new TinyTransformerProjector(options, context.Width, context.Condition, scope);
        if (options.Checkpoint is { } path)
        {
            OutputCheckpoint.Load(scope, options, path, LayoutFor(scope.Root));
            return projector;
        }

        QueryTransformer.Initialise(scope, "tfm.", seed);
        RandomWeights.LinearLayer(scope, "fc", seed);
        RandomWeights.LinearLayer(scope, "model", seed);
        RandomWeights.Normal(projector.queries, $"{scope.Root}.query_embs", seed, std: 1);
        return projector;
    }

    /// <inheritdoc/>
    public Tensor Project(Tensor states, Tensor embeddings)
    {
        var x = narrow.Forward(states.add(embeddings));                                                     // [G, S, D] -> [G, S, hidden]
        var asked = queries.CastTo(x.dtype).expand(x.shape[0], queries.shape[1], queries.shape[2]);         // [G, C, hidden]
        return widen.Forward(transformer.Forward(x, asked));                                                // [G, C, Dg]
    }

    /// <summary>NExT-GPT's file has a list of mappers for each modality, one for each layer of the language model that feeds them, as a rule the last.</summary>
    /// <param name="root">The projector's path: <c>image.output_projector</c>, or with a number behind it where several layers are read.</param>
    internal static KeyMap LayoutFor(string root)
    {
        var path = root.Split('.');
        var list = path[0] == "image" ? "gen_text_hidden_fcs" : $"gen_text_hidden_fcs_{path[0]}";
        return new KeyMap("NExT-GPT", [new($"{list}.{(path.Length > 2 ? path[2] : "0")}.", ""), new("", null)], []);
    }
}
