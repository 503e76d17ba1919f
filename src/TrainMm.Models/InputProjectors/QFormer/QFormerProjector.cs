using TorchSharp.Modules;
using TrainMm.Core;
using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.QFormer;

/// <summary>
/// BLIP-2's Q-Former (arXiv:2301.12597, section 3): learned queries look at the features, and what they gathered is projected to the language model's width.
/// With the instruction beside the queries it is InstructBLIP's (arXiv:2305.06500, section 2.3). The parameters have the names of Hugging Face's
/// <c>Blip2ForConditionalGeneration</c>: <c>query_tokens</c>, <c>qformer</c>, <c>language_projection</c>.
/// </summary>
public sealed class QFormerProjector : NamedModule, IInputProjector
{
    private const string Projection = "language_projection.";
    private const string WordTable = "qformer.embeddings.word_embeddings.weight";

    private readonly Parameter queries;
    private readonly QFormerModel model;
    private readonly LinearLayer? projection;
    private readonly FeatureSpec features;

    /// <summary>Makes the projector; its parameters have no values yet.</summary>
    /// <param name="sizes">Sizes.</param>
    /// <param name="features">What the encoder gives.</param>
    /// <param name="width">D, the language model's width; 0 where there is none, and so no projection to it.</param>
    /// <param name="scope">The root.</param>
    public QFormerProjector(QFormerArchitecture sizes, FeatureSpec features, int width, ModuleScope scope)
        : base(nameof(QFormerProjector))
    {
        Dtype = scope.Dtype;
        Sizes = sizes;
        this.features = features;
        queries = Add("query_tokens", scope.Parameter("query_tokens", 1, sizes.NumQueryTokens, sizes.HiddenSize));
        model = Add("qformer", new QFormerModel(sizes, features.Width, scope.Child("qformer")));
        if (width > 0) projection = Add("language_projection", scope.Child("language_projection").Linear(sizes.HiddenSize, width, bias: true));
    }

    /// <inheritdoc/>
    public nn.Module Module => this;

    /// <summary>The sizes.</summary>
    public QFormerArchitecture Sizes { get; }

    /// <inheritdoc/>
    public InstructionSpec? Instruction => Sizes.ReadsInstruction ? new(Tokenizer, Sizes.MaxPositionEmbeddings, Sizes.VocabSize, Sizes.PadTokenId) : null;

    /// <inheritdoc/>
    public bool DrawsRandomNumbers => Sizes.Dropout > 0;

    /// <inheritdoc/>
    public IReadOnlyList<string> LanguageSide => [Projection];

    /// <summary>The element type of compute.</summary>
    internal ScalarType Dtype { get; }

    /// <summary>The transformer.</summary>
    internal QFormerModel Model => model;

    private string? Tokenizer { get; init; }

    /// <summary>Builds the projector and gives its parameters values.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The checkpoint does not fit, or there is a tokenizer for what is not read.</exception>
    /// <exception cref="Core.Diagnostics.CheckpointException">The checkpoint cannot be read.</exception>
    public static QFormerProjector Create(QFormerOptions options, InputProjectorContext context)
    {
        var architecture = options.HasConfig ? QFormerArchitecture.Read(HuggingFaceConfig.Open(options.Checkpoint!)) : options.Architecture ?? new();
        architecture = architecture with { Dropout = options.Dropout };
        if (options.Tokenizer is not null && !architecture.ReadsInstruction) throw OptionSource.Error(options, nameof(options.Tokenizer), "this Q-Former reads no instruction", "InstructBLIP's do, and those with architecture: { reads_instruction: true }");
        var projector = new QFormerProjector(architecture, context.Features, context.Width, context.Scope) { Tokenizer = options.InstructionTokenizer };
        if (options.Checkpoint is null || options.NewProjection || options.NewCrossAttention) RandomWeights.Transformer(context.Scope, context.Seed, architecture.InitializerRange);
        if (options.Bert is not null) LoadBert(options, architecture, context.Scope);
        if (options.Checkpoint is { } path) ProjectorCheckpoint.Load(context.Scope, options, path, QFormerLayout.For(architecture, projects: !options.NewProjection, looks: !options.NewCrossAttention), LeftOut(options, architecture));
        return projector;
    }

    /// <inheritdoc/>
    public int TokensFor(FeatureSpec features) => (int)queries.shape[1];

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The Q-Former reads the instruction, and there is none.</exception>
    public Tensor Project(Tensor features)
    {
        if (Sizes.ReadsInstruction) throw new InvalidOperationException("This Q-Former reads the instruction beside its queries, and the batch has none.");
        return Projected(Gather(features));                                                             // [I, Q, D]
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The Q-Former reads no text.</exception>
    /// <exception cref="ArgumentException">The instruction is longer than the Q-Former's positions.</exception>
    public Tensor Project(Tensor features, Instructions instructions)
    {
        var real = ones([features.shape[0], queries.shape[1]], ScalarType.Bool, features.device);       // [I, Q]
        var x = model.Forward(new QFormerInput
        {
            Queries = Queries(features.shape[0]),
            TextIds = instructions.Ids,
            Attended = cat([real, instructions.Mask], 1),                                               // [I, Q + T]
            Features = features.CastTo(Dtype),
        });
        return Projected(x.narrow(1, 0, queries.shape[1]));                                             // [I, Q + T, W] -> [I, Q, D]
    }

    /// <summary>[I, N, De] → [I, Q, W], before the projection.</summary>
    /// <param name="features">[I, N, De].</param>
    /// <param name="observe">Called with 0 and the embeddings, then with each layer's number from 1 and its output.</param>
    public Tensor Gather(Tensor features, Action<int, Tensor>? observe = null) =>
        model.Forward(new QFormerInput { Queries = Queries(features.shape[0]), Features = features.CastTo(Dtype), Observe = observe });

    /// <inheritdoc/>
    public string? NameFromAlignment(string name) => Sizes.ReadsInstruction ? name : QFormerLayout.WithoutText(name);

    /// <summary>[I, Q, W] → [I, Q, D].</summary>
    /// <exception cref="InvalidOperationException">There is no language model, and so no projection.</exception>
    public Tensor Projected(Tensor gathered) => (projection ?? throw new InvalidOperationException("This Q-Former was built without a language model, to whose width it could project.")).Forward(gathered);

    /// <summary>Another Q-Former of the same sizes, without a projection to a language model; its parameters have no values yet.</summary>
    internal QFormerProjector Twin(ModuleScope scope) => new(Sizes, features, width: 0, scope);

    /// <summary>[I, Q, W].</summary>
    internal Tensor Queries(long media) => queries.CastTo(Dtype).expand(media, queries.shape[1], queries.shape[2]);

    /// <summary>The text's feed-forward layers of a BERT start the queries' as well, so the checkpoint is read twice.</summary>
    private static void LoadBert(QFormerOptions options, QFormerArchitecture sizes, ModuleScope scope)
    {
        using var source = WeightSource.Open(options.Bert!);
        var grown = QFormerLayout.TableOf(source) is { } table && sizes.ReadsInstruction && table.Rows < sizes.VocabSize;
        PartCheckpoint.Load(scope, options, nameof(options.Bert), source, QFormerLayout.Bert(sizes, queryLayers: false), name => !IsNew(name) && !IsOfQueries(name) && !(grown && name == WordTable));
        if (grown) BeginTable(source, scope.Parameters[WordTable]);
        PartCheckpoint.Load(scope, options, nameof(options.Bert), source, QFormerLayout.Bert(sizes, queryLayers: true), IsOfQueries);
    }

    /// <summary>The table has words that BERT's has not, such as the one that begins a text that is generated: they stay random.</summary>
    private static void BeginTable(WeightSource source, Parameter table)
    {
        if (table.is_meta) return;
        using var guard = no_grad();
        using var words = source.Read(QFormerLayout.TableOf(source)!.Value.Name);
        using var rows = table.detach().narrow(0, 0, words.shape[0]);
        rows.copy_(words);
    }

    private static bool IsOfQueries(string name) => name.Contains("_query.", StringComparison.Ordinal);

    private static bool IsNew(string name) => name == "query_tokens" || name.StartsWith(Projection, StringComparison.Ordinal) || name.Contains(".crossattention.", StringComparison.Ordinal);

    /// <summary>What begins at random beside a checkpoint, by the beginnings of its names.</summary>
    private static string[] LeftOut(QFormerOptions options, QFormerArchitecture sizes) =>
        [.. options.NewProjection ? [Projection] : Array.Empty<string>(), .. options.NewCrossAttention ? QFormerLayout.CrossAttention("qformer.", sizes) : []];
}
