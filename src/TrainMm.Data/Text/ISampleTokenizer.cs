using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Text;

/// <summary>Turns samples into ids, labels and spans. Every member may be called from several threads at once.</summary>
public interface ISampleTokenizer
{
    /// <summary>A whole conversation, to train on.</summary>
    /// <exception cref="DataException">The conversation cannot be rendered, or it is too long and the policy says that this is an error.</exception>
    TokenizationResult Tokenize(Sample sample);

    /// <summary>A conversation up to where the assistant is to speak; a last answer is left out. No label is set.</summary>
    /// <exception cref="DataException">The conversation cannot be rendered, or it is longer than allowed.</exception>
    TokenizedSample TokenizePrompt(Sample sample);
}
