using TorchSharp;
using TrainMm.Core;

namespace TrainMm.Training.Objectives.TextGeneration;

/// <summary>
/// Text generation given soft tokens: the cross-entropy of the language model's next token against the target text (arXiv:2401.13601, section 2, equation 2).
/// Logits are computed at the supervised positions only, and a chunk at a time: of more than one chunk none is kept, and the backward pass computes it again.
/// </summary>
/// <param name="chunk">Positions whose logits are held at once.</param>
public sealed class TextGenerationObjective(int chunk) : IObjective
{
    /// <inheritdoc/>
    public bool TakesPackedRows => true;

    /// <inheritdoc/>
    public long CountOf(Batch batch) => batch.SupervisedTokens;

    /// <inheritdoc/>
    public torch.Tensor WantedPositions(ForwardPass pass) => pass.Supervised.Rows;

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The batch supervises nothing, or says another count than its labels have.</exception>
    public LossTerms Compute(ForwardPass pass)
    {
        var (model, positions, count) = (pass.Model, pass.Supervised, pass.Batch.SupervisedTokens);
        if (count == 0) throw new InvalidOperationException("A batch without a supervised token has no loss.");
        var hidden = pass.HiddenFor(this);                                                             // [S, D]
        return new LossTerms(NextToken.Sum(model, hidden, positions.Targets, chunk), count);
    }
}
