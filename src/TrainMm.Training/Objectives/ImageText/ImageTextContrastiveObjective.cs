using TorchSharp;
using TrainMm.Core;
using TrainMm.Core.Roles;
using TrainMm.Models.InputProjectors.QFormer.Pretraining;

namespace TrainMm.Training.Objectives.ImageText;

/// <summary>
/// Image-text contrast of BLIP-2's first stage (arXiv:2301.12597, section 3.2), averaged over the pairs; negatives are the batch's other pairs and, with momentum, those of batches before.
/// Held-out pairs are compared among themselves alone.
/// </summary>
public sealed class ImageTextContrastiveObjective : IObjective
{
    private readonly ImageTextPairs pairs;
    private readonly ContrastHead head;
    private readonly MomentumContrast? momentum;

    /// <summary>Makes the objective and its head.</summary>
    /// <exception cref="Core.Diagnostics.ConfigurationException">The modality has no Q-Former that reads text.</exception>
    public ImageTextContrastiveObjective(ImageTextContrastiveOptions options, ObjectiveContext context)
    {
        Modality = options.Modality;
        pairs = ImageTextPairs.For(options, context.Model);
        head = ContrastHead.Create(pairs.Projector.Sizes, options.Width, context.Scope, context.Seed);
        if (options.Momentum is { } slow) momentum = head.Keep("momentum", new MomentumContrast(slow, pairs.Projector, head, options.Width, context.Scope.Device));
    }

    /// <summary>The modality.</summary>
    public string Modality { get; }

    /// <inheritdoc/>
    public torch.nn.Module Module => head;

    /// <inheritdoc/>
    public bool NeedsLanguageModel => false;

    /// <inheritdoc/>
    public InstructionSpec Captions => pairs.Spec;

    /// <inheritdoc/>
    public bool NeedsWholeBatch => true;

    /// <inheritdoc/>
    /// <remarks>One pair has nothing that it could be taken for.</remarks>
    public long CountOf(Batch batch) => pairs.RowsOf(batch).Length is > 1 and var count ? count : 0;

    /// <inheritdoc/>
    public LossTerms Compute(ForwardPass pass)
    {
        var contrast = ContrastOf(pass);
        var mean = momentum is not null && head.training
            ? momentum.Loss(pass.FeaturesOf(Modality), pairs.TextsOf(pass.Batch), contrast)
            : ContrastHead.Loss(contrast.Similarity);
        return new LossTerms(mean * contrast.Texts.shape[0], contrast.Texts.shape[0]);
    }

    /// <inheritdoc/>
    public void AfterStep() => momentum?.AfterStep();

    /// <summary>What the queries gathered of the media, [B, Q, W].</summary>
    internal torch.Tensor QueryStatesOf(ForwardPass pass) => pairs.Of(pass).QueryStates;

    /// <summary>How alike each medium and each text are, [B media, B texts].</summary>
    internal torch.Tensor SimilarityOf(ForwardPass pass) => ContrastOf(pass).Similarity;

    /// <summary>Where media and texts lie.</summary>
    internal Contrast ContrastOf(ForwardPass pass) => pass.Shared(this, () => head.Forward(pairs.Of(pass)));
}
