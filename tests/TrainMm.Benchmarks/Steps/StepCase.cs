using System.Text.Json;
using System.Text.Json.Serialization;
using TrainMm.Models;
using TrainMm.Models.Encoders;
using TrainMm.Models.Encoders.ClipVit;
using TrainMm.Models.InputProjectors;
using TrainMm.Models.InputProjectors.Mlp;
using TrainMm.Models.LanguageModels;
using TrainMm.Models.LanguageModels.Llama;
using TrainMm.Models.Peft;
using TrainMm.Models.Peft.Lora;

namespace TrainMm.Benchmarks.Steps;

/// <summary>One of the training steps that are timed: a CLIP ViT-B/16, a projector and a small LLaMA, as LLaVA joins them.</summary>
/// <param name="Name">As the JSON file has it.</param>
/// <param name="Type">The type of frozen weights and of compute.</param>
/// <param name="TextTokens">Tokens of a sample beside its picture's.</param>
/// <param name="Supervised">How many of them are supervised, at the end.</param>
/// <param name="HasLora">Whether a LoRA on every linear layer is trained beside the projector.</param>
internal sealed record StepCase(string Name, ComputeType Type, int TextTokens, int Supervised, bool HasLora)
{
    /// <summary>The first stage in both types, then the second.</summary>
    public static readonly IReadOnlyList<StepCase> All =
    [
        new("stage1_bf16", ComputeType.Bfloat16, 32, 31, HasLora: false),
        new("stage1_fp32", ComputeType.Float32, 32, 31, HasLora: false),
        new("lora_bf16", ComputeType.Bfloat16, 128, 64, HasLora: true),
        new("lora_fp32", ComputeType.Float32, 128, 64, HasLora: true),
    ];

    /// <summary>Samples of a step.</summary>
    public const int Samples = 8;

    /// <summary>Where a sample's picture begins: behind the first token.</summary>
    public const int ImageAt = 1;

    /// <summary>Of the trained parameters.</summary>
    public const double LearningRate = 1e-3;

    private const int LoraRank = 16;

    /// <summary>CLIP's ViT-B/16.</summary>
    public static ClipVitArchitecture Encoder => new()
    {
        HiddenSize = 768,
        IntermediateSize = 3072,
        NumHiddenLayers = 12,
        NumAttentionHeads = 12,
        ImageSize = 224,
        PatchSize = 16,
    };

    /// <summary>25 M parameters in its layers.</summary>
    public static LlamaArchitecture LanguageModel => new()
    {
        VocabSize = 32000,
        HiddenSize = 512,
        IntermediateSize = 1376,
        NumHiddenLayers = 8,
        NumAttentionHeads = 8,
        NumKeyValueHeads = 8,
        MaxPositionEmbeddings = 1024,
    };

    /// <summary>Paths of what is trained.</summary>
    public string[] Trainable => HasLora ? ["image.input_projector", TrainablePaths.Adapter] : ["image.input_projector"];

    /// <summary>The model's options; its weights are drawn.</summary>
    public ModelOptions Options => new()
    {
        Dtype = Type,
        Modalities = new Dictionary<string, ModalityOptions>(StringComparer.Ordinal)
        {
            ["image"] = new()
            {
                Encoder = EncoderCatalog.All.Component("clip_vit", new ClipVitOptions { Architecture = Encoder, SelectLayer = -2, SelectFeature = FeatureSelection.Patch }),
                InputProjector = InputProjectorCatalog.All.Component("mlp", new MlpProjectorOptions()),
            },
        },
        LanguageModel = LanguageModelCatalog.All.Component("llama", new LlamaOptions { Architecture = LanguageModel }),
        Adapter = HasLora ? AdapterCatalog.All.Component("lora", new LoraOptions { R = LoraRank, Alpha = 2 * LoraRank, TargetModules = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"] }) : null,
    };

    /// <summary>The case of this name.</summary>
    public static StepCase Named(string name) => All.Single(each => each.Name == name);

    /// <summary>What a peer has to know beside the tensors.</summary>
    public static void WriteForPeers(string path, IEnumerable<string> trained, int threads) => File.WriteAllText(path, JsonSerializer.Serialize(new Sizes
    {
        EncoderHeads = Encoder.NumAttentionHeads,
        EncoderLayers = Encoder.NumHiddenLayers,
        EncoderDepth = Encoder.NumHiddenLayers - 1,
        Layers = LanguageModel.NumHiddenLayers,
        Heads = LanguageModel.NumAttentionHeads,
        LoraScale = 2,
        ImageAt = ImageAt,
        Trained = [.. trained],
        LearningRate = LearningRate,
        Threads = threads,
    }, SizesContext.Default.Sizes));

    internal sealed record Sizes
    {
        public required int EncoderHeads { get; init; }
        public required int EncoderLayers { get; init; }
        public required int EncoderDepth { get; init; }
        public required int Layers { get; init; }
        public required int Heads { get; init; }
        public required double LoraScale { get; init; }
        public required int ImageAt { get; init; }
        public required string[] Trained { get; init; }
        public required double LearningRate { get; init; }
        public required int Threads { get; init; }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(StepCase.Sizes))]
internal sealed partial class SizesContext : JsonSerializerContext;
