using TrainMm.Core.Config;
using TrainMm.Training.Objectives.Autoencoding;
using TrainMm.Training.Objectives.CaptionContrast;
using TrainMm.Training.Objectives.ConditionAlignment;
using TrainMm.Training.Objectives.ImageText;
using TrainMm.Training.Objectives.LatentDiffusion;
using TrainMm.Training.Objectives.PFormer;
using TrainMm.Training.Objectives.PromptAlignment;
using TrainMm.Training.Objectives.RouterBalance;
using TrainMm.Training.Objectives.TextGeneration;

namespace TrainMm.Training.Objectives;

/// <summary>The objectives by kind.</summary>
public static class ObjectiveCatalog
{
    /// <summary>The kind whose loss is what evaluation measures too.</summary>
    public const string TextGeneration = "text_generation";

    /// <summary>The kind that needs the captions of what is to be made.</summary>
    public const string ConditionAlignment = "condition_alignment";

    /// <summary>The kind of a generator's own loss.</summary>
    public const string LatentDiffusion = "latent_diffusion";

    /// <summary>The kinds that need the media themselves that are to be made.</summary>
    public static readonly IReadOnlySet<string> NeedTargets = new HashSet<string>(StringComparer.Ordinal) { Autoencoding, CaptionContrast, LatentDiffusion };

    /// <summary>The kind that says how alike a batch's media and texts are.</summary>
    public const string ImageTextContrastive = "image_text_contrastive";

    /// <summary>The kind that trains a generator's autoencoder.</summary>
    private const string Autoencoding = "autoencoding";

    /// <summary>The kind that trains a generator's text encoder.</summary>
    private const string CaptionContrast = "caption_contrast";

    /// <summary>All kinds.</summary>
    public static readonly Catalog<IObjective, ObjectiveContext> All = new(
        "objective",
        CatalogEntry.Of(Autoencoding, (AutoencodingOptions options, ObjectiveContext context) => new AutoencodingObjective(options, context), "latent diffusion, arXiv:2112.10752, section 3.1 and appendix G"),
        CatalogEntry.Of(CaptionContrast, (CaptionContrastOptions options, ObjectiveContext context) => new CaptionContrastObjective(options, context), "CLIP, arXiv:2103.00020, section 2.3"),
        CatalogEntry.Of(ConditionAlignment, (ConditionAlignmentOptions options, ObjectiveContext context) => new ConditionAlignmentObjective(options, context), "arXiv:2401.13601, section 2, equation 4"),
        CatalogEntry.Of("image_grounded_generation", (ImageGroundedGenerationOptions options, ObjectiveContext context) => new ImageGroundedGenerationObjective(options, context), "BLIP-2, arXiv:2301.12597, section 3.2"),
        CatalogEntry.Of(ImageTextContrastive, (ImageTextContrastiveOptions options, ObjectiveContext context) => new ImageTextContrastiveObjective(options, context), "BLIP-2, arXiv:2301.12597, section 3.2"),
        CatalogEntry.Of("image_text_matching", (ImageTextMatchingOptions options, ObjectiveContext context) => new ImageTextMatchingObjective(options, context), "BLIP-2, arXiv:2301.12597, section 3.2"),
        CatalogEntry.Of(LatentDiffusion, (LatentDiffusionOptions options, ObjectiveContext context) => new LatentDiffusionObjective(options, context), "arXiv:2401.13601, section 2, equation 5"),
        CatalogEntry.Of("p_former", (PFormerObjectiveOptions options, ObjectiveContext context) => new PFormerObjective(options, context), "DLP, arXiv:2307.07063, section 3.2"),
        CatalogEntry.Of("prompt_alignment", (PromptAlignmentOptions options, ObjectiveContext context) => new PromptAlignmentObjective(options, context), "DLP, arXiv:2307.07063, section 3.3"),
        CatalogEntry.Of("router_balance", (RouterBalanceOptions options, ObjectiveContext context) => new RouterBalanceObjective(options, context), "arXiv:2101.03961, equations 4 to 6"),
        CatalogEntry.Of(TextGeneration, (TextGenerationOptions _, ObjectiveContext context) => new TextGenerationObjective(context.LogitsChunk), "arXiv:2401.13601, section 2, equation 2"));

    /// <summary>What a run trains on where it does not say: text generation alone.</summary>
    public static IReadOnlyList<Component<IObjective, ObjectiveContext>> Default { get; } = [All.Component(TextGeneration, new TextGenerationOptions())];
}
