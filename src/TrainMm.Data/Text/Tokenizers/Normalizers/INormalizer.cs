namespace TrainMm.Data.Text.Tokenizers.Normalizers;

/// <summary>Rewrites a text before it is cut into words.</summary>
internal interface INormalizer
{
    /// <summary>The text rewritten; an empty text stays empty.</summary>
    string Normalize(string text);
}

/// <summary>A rewriting that a function says.</summary>
internal sealed class FunctionNormalizer(Func<string, string> rewrite) : INormalizer
{
    /// <inheritdoc/>
    public string Normalize(string text) => rewrite(text);
}

/// <summary>Several normalisers, each on the text of the one before.</summary>
internal sealed class NormalizerSequence(IReadOnlyList<INormalizer> steps) : INormalizer
{
    /// <inheritdoc/>
    public string Normalize(string text)
    {
        foreach (var step in steps)
        {
            text = step.Normalize(text);
        }

        return text;
    }
}
