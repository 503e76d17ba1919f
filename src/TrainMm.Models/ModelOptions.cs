using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Models.Encoders;
using TrainMm.Models.Fusion;
using TrainMm.Models.Fusion.Splice;
using TrainMm.Models.InputProjectors;
using TrainMm.Models.LanguageModels;
using TrainMm.Models.Layers.Quantised;
using TrainMm.Models.Peft;

namespace TrainMm.Models;

/// <summary>The element type of frozen weights and of compute.</summary>
public enum ComputeType
{
    /// <summary>bfloat16 where the device multiplies it fast, else float32.</summary>
    Auto,

    /// <summary>32-bit floats.</summary>
    Float32,

    /// <summary>16-bit floats with float32's exponent.</summary>
    Bfloat16,

    /// <summary>16-bit floats of IEEE 754.</summary>
    Float16,
}

/// <summary>The model: its parts and how they are joined.</summary>
public sealed class ModelOptions : IValidatable
{
    /// <summary>The element type of frozen weights and of compute. Trained parameters are kept in float32 whatever it is.</summary>
    public ComputeType Dtype { get; init; } = ComputeType.Auto;

    /// <summary>Modality → encoder and input projector; empty where the model only makes media.</summary>
    public IReadOnlyDictionary<string, ModalityOptions> Modalities { get; init; } = new Dictionary<string, ModalityOptions>(StringComparer.Ordinal);

    /// <summary>How soft tokens reach the language model.</summary>
    [FromCatalog(typeof(FusionCatalog))]
    public Component<IFusion, FusionContext> Fusion { get; init; } = FusionCatalog.All.Component("splice", new SpliceOptions());

    /// <summary>The language model.</summary>
    [FromCatalog(typeof(LanguageModelCatalog))]
    public required Component<ILanguageModel, LanguageModelContext> LanguageModel { get; init; }

    /// <summary>The form in which the language model's frozen linear layers, all but its head, keep their weights; null is that of <c>dtype</c>. They are quantised while they are read, one after the other.</summary>
    public WeightQuantization? Quantization { get; init; }

    /// <summary>An adapter within the language model; null is none.</summary>
    [FromCatalog(typeof(AdapterCatalog))]
    public Component<IPeftMethod, PeftContext>? Adapter { get; init; }

    /// <summary>
    /// Modality (audio, image, video) → how many signal tokens the language model's vocabulary gets for it ([AUD0], [IMG0], [VID0], …), with which an answer says that such a medium is to be made.
    /// They are a part of their own, <c>signal_tokens</c>; the vocabulary's own rows stay as they are.
    /// </summary>
    [AtLeast(1)]
    public IReadOnlyDictionary<string, int> SignalTokens { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>Modality → how media of it are made of what the language model says at its signal tokens.</summary>
    public IReadOnlyDictionary<string, OutputPathOptions> Generation { get; init; } = new Dictionary<string, OutputPathOptions>(StringComparer.Ordinal);

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        if (Modalities.Count == 0 && Generation.Count == 0) checks.Error(nameof(Modalities), "the model neither reads nor makes media", "name what it reads here, or what it makes under generation");
    }
}

/// <summary>A modality's way into the language model.</summary>
public sealed class ModalityOptions
{
    /// <summary>Turns media into features.</summary>
    [FromCatalog(typeof(EncoderCatalog))]
    public required Component<IModalityEncoder, EncoderContext> Encoder { get; init; }

    /// <summary>Brings features to the language model's width.</summary>
    [FromCatalog(typeof(InputProjectorCatalog))]
    public required Component<IInputProjector, InputProjectorContext> InputProjector { get; init; }
}
