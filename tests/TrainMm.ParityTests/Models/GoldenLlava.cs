using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models;
using TrainMm.Models.Encoders;
using TrainMm.Models.Encoders.ClipVit;
using TrainMm.Models.InputProjectors;
using TrainMm.Models.InputProjectors.Linear;
using TrainMm.Models.InputProjectors.Mlp;
using TrainMm.Models.LanguageModels;
using TrainMm.Models.LanguageModels.Llama;
using TrainMm.Models.Peft;
using TrainMm.Models.Peft.Lora;
using TrainMm.ParityTests.Golden;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Models;

/// <summary>A LLaVA in either of its published layouts, built by <see cref="ModelBuilder"/> as a run builds it.</summary>
internal static class GoldenLlava
{
    /// <summary>Builds a case's model.</summary>
    /// <param name="golden">The case.</param>
    /// <param name="trained">What is trained.</param>
    public static MultimodalModel Build(GoldenCase golden, TrainablePaths trained)
    {
        var folder = golden.Base ?? golden.Folder;
        var options = new ModelOptions
        {
            Dtype = ComputeType.Float32,
            Modalities = new Dictionary<string, ModalityOptions>(StringComparer.Ordinal)
            {
                ["image"] = golden.Kind == "llava_original" ? Original(golden.Config, folder) : HuggingFace(golden.Config, folder),
            },
            LanguageModel = LanguageModelCatalog.All.Component("llama", new LlamaOptions { Checkpoint = folder }),
            Adapter = golden.Base is null ? null : AdapterCatalog.All.Component("lora", new LoraOptions { Checkpoint = golden.Folder }),
        };
        return ModelBuilder.Build(options, CPU, 0, trained);
    }

    /// <summary>The reference's name of a parameter → ours.</summary>
    public static string Ours(GoldenCase golden, string name)
    {
        if (name.StartsWith(AdapterConfigFile.NamePrefix, StringComparison.Ordinal)) name = name[AdapterConfigFile.NamePrefix.Length..];
        var projector = new KeyMap("", [new("multi_modal_projector.", "image.input_projector."), .. OriginalProjector(golden), new("language_model.", "language_model."), new("", "language_model.")], []);
        return projector.ToModule(name)!;
    }

    /// <summary>The parameters that a group of names stands for.</summary>
    public static IReadOnlyDictionary<string, Parameter> Parameters(GoldenCase golden, MultimodalModel model, IEnumerable<string> names)
    {
        var ours = model.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter, StringComparer.Ordinal);
        return names.ToDictionary(name => name, name => ours[Ours(golden, name)], StringComparer.Ordinal);
    }

    private static IEnumerable<PrefixRule> OriginalProjector(GoldenCase golden)
    {
        if (golden.Kind != "llava_original") yield break;
        var type = golden.Config.Text("mm_projector_type", "linear");
        for (var i = 0; i < Depth(type); i++) yield return new($"model.mm_projector.{2 * i}.", $"image.input_projector.linear_{i + 1}.");
        yield return new("model.mm_projector.", "image.input_projector.linear.");
    }

    private static ModalityOptions HuggingFace(HuggingFaceConfig config, string folder) => new()
    {
        Encoder = Encoder(new ClipVitOptions
        {
            Checkpoint = folder,
            SelectLayer = config.Integer("vision_feature_layer", -2),
            SelectFeature = config.Text("vision_feature_select_strategy", "default") == "full" ? FeatureSelection.ClsPatch : FeatureSelection.Patch,
        }),
        InputProjector = InputProjectorCatalog.All.Component("mlp", new MlpProjectorOptions { Checkpoint = folder, Activation = config.Text("projector_hidden_act", "gelu") }),
    };

    private static ModalityOptions Original(HuggingFaceConfig config, string folder)
    {
        var type = config.Text("mm_projector_type", "linear");
        return new()
        {
            Encoder = Encoder(new ClipVitOptions
            {
                Checkpoint = Path.Combine(folder, config.Text("mm_vision_tower")),
                Weights = folder,
                SelectLayer = config.Integer("mm_vision_select_layer"),
                SelectFeature = config.Text("mm_vision_select_feature", "patch") == "patch" ? FeatureSelection.Patch : FeatureSelection.ClsPatch,
            }),
            InputProjector = type == "linear"
                ? InputProjectorCatalog.All.Component("linear", new LinearProjectorOptions { Checkpoint = folder })
                : InputProjectorCatalog.All.Component("mlp", new MlpProjectorOptions { Checkpoint = folder, Depth = Depth(type) }),
        };
    }

    private static Core.Config.Component<IModalityEncoder, EncoderContext> Encoder(ClipVitOptions options) => EncoderCatalog.All.Component("clip_vit", options);

    /// <summary>LLaVA's <c>mlp2x_gelu</c> → 2.</summary>
    private static int Depth(string type) => type.StartsWith("mlp", StringComparison.Ordinal) ? int.Parse(type.AsSpan(3, type.IndexOf('x') - 3), System.Globalization.CultureInfo.InvariantCulture) : 0;
}
