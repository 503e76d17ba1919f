using static TorchSharp.torch;

namespace TrainMm.Models.InputProjectors.QFormer.Pretraining;

/// <summary>What one pass of the first stage gives: the three losses, and what they were computed from.</summary>
public sealed record QFormerPass
{
    /// <summary>[B, Q, W].</summary>
    public required Tensor QueryStates { get; init; }

    /// <summary>[B, T, W], of the texts alone.</summary>
    public required Tensor TextStates { get; init; }

    /// <summary>[B, Q, E], of length one.</summary>
    public required Tensor ImageVectors { get; init; }

    /// <summary>[B, E], of length one.</summary>
    public required Tensor TextVectors { get; init; }

    /// <summary>[B images, B texts], divided by the temperature.</summary>
    public required Tensor Similarity { get; init; }

    /// <summary>Pairs that belong together, and pairs that do not.</summary>
    public required QFormerMatching Matching { get; init; }

    /// <summary>[B, T, V].</summary>
    public required Tensor WordLogits { get; init; }

    /// <summary>Image-text contrast.</summary>
    public required Tensor ContrastiveLoss { get; init; }

    /// <summary>Image-text matching.</summary>
    public required Tensor MatchingLoss { get; init; }

    /// <summary>Image-grounded text generation.</summary>
    public required Tensor GenerationLoss { get; init; }

    /// <summary>The sum, which is what BLIP-2 minimises.</summary>
    public Tensor Loss => ContrastiveLoss.add(MatchingLoss).add(GenerationLoss);
}

/// <summary>The matching task's 3B pairs: the true ones, each text with another image, each image with another text.</summary>
/// <param name="OtherImages">[B] int64, each text's wrong image.</param>
/// <param name="OtherTexts">[B] int64, each image's wrong text.</param>
/// <param name="States">[3B, Q + T, W].</param>
/// <param name="Logits">[3B, 2]: not a pair, a pair.</param>
public sealed record QFormerMatching(Tensor OtherImages, Tensor OtherTexts, Tensor States, Tensor Logits);
