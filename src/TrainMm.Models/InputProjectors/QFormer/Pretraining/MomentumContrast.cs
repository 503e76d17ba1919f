using TorchSharp.Modules;
using TrainMm.Core;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.QFormer.Pretraining;

/// <summary>
/// Image-text contrast with momentum (ALBEF, arXiv:2107.07651, sections 3.2 and 3.3): a Q-Former and a head whose parameters are moving averages of the trained ones make the candidates, those of
/// the batch and, from a queue, those of the batches before; and what they find alike is a part of the targets. The averages (fp32) and the queue are buffers. The averaged Q-Former has no dropout.
/// </summary>
public sealed class MomentumContrast : NamedModule
{
    private readonly MomentumOptions options;
    private readonly ContrastHead head;
    private readonly QFormerProjector slowProjector;
    private readonly ContrastHead slowHead;
    private readonly FeatureQueue queue;
    private readonly Tensor steps;
    private readonly IReadOnlyList<(Tensor Average, Parameter Trained)> averages;
    private (Tensor Images, Tensor Texts)? seen;

    /// <summary>Makes the averages, which take over the parameters' values at the first loss, and an empty queue.</summary>
    /// <param name="options">The momentum's.</param>
    /// <param name="projector">The Q-Former that is trained.</param>
    /// <param name="head">The head that is trained.</param>
    /// <param name="width">E, of the space that images and texts are compared in.</param>
    /// <param name="device">Where it all lies.</param>
    public MomentumContrast(MomentumOptions options, QFormerProjector projector, ContrastHead head, long width, Device device)
        : base(nameof(MomentumContrast))
    {
        (this.options, this.head) = (options, head);
        slowProjector = projector.Twin(Masters("qformer", projector.Dtype, device));
        slowHead = new ContrastHead(projector.Sizes, width, Masters("head", projector.Dtype, device));
        slowProjector.eval();
        averages = [.. Averages("qformer", slowProjector, projector), .. Averages("head", slowHead, head)];
        queue = Add("queue", new FeatureQueue(options.Queue, projector.Sizes.NumQueryTokens, width, device));
        register_buffer("steps", steps = zeros([1], ScalarType.Int64, device));
    }

    /// <summary>The mean over all images and texts, a scalar; the batch's averaged features are kept until <see cref="AfterStep"/>.</summary>
    /// <param name="features">[B, N, De] from the encoder.</param>
    /// <param name="pairs">The texts, [B, T] each.</param>
    /// <param name="contrast">What the trained head made of the same batch.</param>
    public Tensor Loss(Tensor features, Instructions pairs, Contrast contrast)
    {
        var (imagesOfAll, textsOfAll, textTargets, imageTargets) = Candidates(features, pairs);
        var imageToText = head.Similarity(contrast.Images, textsOfAll);                                            // [B, M]
        var textToImage = head.Similarity(imagesOfAll, contrast.Texts).t();                                        // [B, M]
        return ContrastHead.Loss(imageToText, textToImage, textTargets, imageTargets);
    }

    /// <summary>After the optimiser's step: the averages follow the parameters, and the queue takes the batch in.</summary>
    public void AfterStep()
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        foreach (var (average, trained) in averages) average.mul_(options.Rate).add_(trained.to_type(ScalarType.Float32), alpha: 1 - options.Rate);
        if (seen is { } batch) queue.Append(batch.Images, batch.Texts);
        Forget();
        steps.add_(1);
    }

    /// <summary>The batch's and the queue's images and texts, and how each row's target is shared out among them.</summary>
    private (Tensor Images, Tensor Texts, Tensor TextTargets, Tensor ImageTargets) Candidates(Tensor features, Instructions texts)
    {
        using var guard = no_grad();
        var done = steps.item<long>();
        if (done == 0) Begin();
        var (ownImages, ownTexts) = slowHead.Project(new QFormerPairs(slowProjector, features.detach(), texts));   // [B, Q, E], [B, E]
        Forget();
        seen = (ownImages.detach().to_type(ScalarType.Float32).clone().DetachFromDisposeScope(), ownTexts.detach().to_type(ScalarType.Float32).clone().DetachFromDisposeScope());
        var images = cat([ownImages, queue.Images.to_type(ownImages.dtype)], 0);                                   // [M, Q, E]
        var candidates = cat([ownTexts, queue.Texts.to_type(ownTexts.dtype)], 0);                                  // [M, E]
        var own = eye(ownTexts.shape[0], candidates.shape[0], ScalarType.Float32, ownTexts.device);                // [B, M]
        var share = options.Distillation * (options.WarmupSteps == 0 ? 1 : Math.Min(1, done / (double)options.WarmupSteps));
        var likeTexts = nn.functional.softmax(head.Similarity(ownImages, candidates), 1);                          // [B, M]
        var likeImages = nn.functional.softmax(head.Similarity(images, ownTexts).t(), 1);                          // [B, M]
        return (images, candidates, likeTexts.mul(share).add(own, alpha: 1 - share), likeImages.mul(share).add(own, alpha: 1 - share));
    }

    private void Begin()
    {
        foreach (var (average, trained) in averages) average.copy_(trained);
    }

    private void Forget()
    {
        seen?.Images.Dispose();
        seen?.Texts.Dispose();
        seen = null;
    }

    /// <summary>A scope whose parameters are in 32 bits, as a trained part's are: in fewer, an average would stand still.</summary>
    private static ModuleScope Masters(string root, ScalarType dtype, Device device) => new(root, dtype, device, new TrainablePaths([root]));

    /// <summary>The parameters of a twin, as buffers of this module, each with the one that it follows.</summary>
    private List<(Tensor Average, Parameter Trained)> Averages(string name, nn.Module twin, nn.Module trained)
    {
        var followed = trained.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter, StringComparer.Ordinal);
        var pairs = new List<(Tensor, Parameter)>();
        foreach (var (path, average) in twin.named_parameters())
        {
            average.requires_grad_(false);
            register_buffer($"{name}.{path}", average);
            pairs.Add((average, followed[path]));
        }

        return pairs;
    }
}
