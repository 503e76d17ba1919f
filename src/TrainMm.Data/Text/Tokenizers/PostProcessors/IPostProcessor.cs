namespace TrainMm.Data.Text.Tokenizers.PostProcessors;

/// <summary>Puts special tokens round the ids of a text.</summary>
internal interface IPostProcessor
{
    /// <summary>Adds the tokens in place.</summary>
    void Process(List<int> ids);
}

/// <summary>EOS at the end, unless the text ends with it already; T5's way.</summary>
internal sealed class EndPostProcessor(int endId) : IPostProcessor
{
    /// <inheritdoc/>
    public void Process(List<int> ids)
    {
        if (ids.Count == 0 || ids[^1] != endId)
        {
            ids.Add(endId);
        }
    }
}

/// <summary>Tokens before and after: what <c>TemplateProcessing</c>, <c>BertProcessing</c> and <c>RobertaProcessing</c> do to a single text.</summary>
internal sealed class SurroundPostProcessor(IReadOnlyList<int> before, IReadOnlyList<int> after) : IPostProcessor
{
    /// <inheritdoc/>
    public void Process(List<int> ids)
    {
        ids.InsertRange(0, before);
        ids.AddRange(after);
    }
}
