using TrainMm.Core;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.InputProjectors.QFormer;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.PFormer;

/// <summary>
/// The Prompt-Transformer (arXiv:2307.07063, section 3.2): from a text alone, the soft tokens by which a frozen language model would best be brought to write it. BERT's first state becomes
/// Q states, each goes through a linear layer with tanh, and then to the language model's width; so the published code has it. What these layers are called is its, too.
/// </summary>
public sealed class PFormerModel : NamedModule
{
    /// <summary>The file of a run's final folder that holds it.</summary>
    private static readonly string[] OwnFiles = ["objectives.safetensors"];

    private readonly QFormerModel bert;
    private readonly LinearLayer spread;
    private readonly Pooler pooler;
    private readonly LinearLayer projection;
    private readonly int prompts;

    /// <summary>Makes the model; its parameters have no values yet.</summary>
    /// <param name="sizes">Sizes.</param>
    /// <param name="width">D, the language model's width.</param>
    /// <param name="scope">The root.</param>
    public PFormerModel(PFormerArchitecture sizes, int width, ModuleScope scope)
        : base(nameof(PFormerModel))
    {
        prompts = sizes.NumPrompts;
        bert = Add("bert", new QFormerModel(sizes.WithoutQueries, featureWidth: 0, scope.Child("bert")));
        spread = Add("cls_proj", scope.Child("cls_proj").Linear(sizes.HiddenSize, (long)sizes.NumPrompts * sizes.HiddenSize, bias: true));
        pooler = Add("pooler", new Pooler(sizes.HiddenSize, scope.Child("pooler")));
        projection = Add("opt_proj", scope.Child("opt_proj").Linear(sizes.HiddenSize, width, bias: true));
    }

    /// <summary>Builds the model and gives its parameters values.</summary>
    /// <param name="options">Where it comes from.</param>
    /// <param name="width">D, the language model's width.</param>
    /// <param name="scope">The root, which holds nothing else.</param>
    /// <param name="seed">The run's seed.</param>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static PFormerModel Create(PFormerOptions options, int width, ModuleScope scope, ulong seed)
    {
        var sizes = options.Architecture ?? new();
        var model = new PFormerModel(sizes, width, scope);
        if (options.Checkpoint is { } path)
        {
            using var trained = WeightSource.Open(path, OwnFiles);
            PartCheckpoint.Load(scope, options, nameof(options.Checkpoint), trained, [new KeyMap("a run's own", [new("objectives.p_former.prompts.", ""), new("", null)], [])]);
            return model;
        }

        RandomWeights.Transformer(scope, seed, sizes.InitializerRange);
        if (options.Bert is null) return model;
        using var source = WeightSource.Open(options.Bert);
        PartCheckpoint.Load(scope, options, nameof(options.Bert), source, QFormerLayout.Bert(sizes.WithoutQueries, queryLayers: false, root: "bert."), name => name.StartsWith("bert.", StringComparison.Ordinal));
        return model;
    }

    /// <summary>[B, T] each → [B, W], what BERT makes of each text's first token.</summary>
    public Tensor Read(Instructions texts) => bert.Forward(new QFormerInput { TextIds = texts.Ids, Attended = texts.Mask }).select(1, 0);

    /// <summary>[B, W] → [B, Q, D].</summary>
    public Tensor Prompts(Tensor read)
    {
        var states = spread.Forward(read).reshape(read.shape[0], prompts, read.shape[1]);     // [B, Q · W] -> [B, Q, W]
        return projection.Forward(pooler.Forward(states));                                    // [B, Q, D]
    }

    private sealed class Pooler : NamedModule
    {
        private readonly LinearLayer dense;

        public Pooler(int width, ModuleScope scope)
            : base(nameof(Pooler))
        {
            dense = Add("0", scope.Child(0).Linear(width, width, bias: true));
        }

        public Tensor Forward(Tensor x) => dense.Forward(x).tanh();
    }
}
