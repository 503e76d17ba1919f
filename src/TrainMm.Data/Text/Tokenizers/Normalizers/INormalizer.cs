namespace TrainMm.Data.Text.Tokenizers.Normalizers;

/// <summary>Rewrites a text before it is cut into words.</summary>
internal interface INormalizer
{
    /// <summary>The text rewritten; an empty text stays empty.</summary>
    /// <param name="text">The text.</param>
    /// <param name="continues">Whether it continues a text before it, so that nothing may be put before it.</param>
    string Normalize(string text, bool continues = false);
}

/// <summary>A rewriting that a function says.</summary>
internal sealed class FunctionNormalizer(Func<string, string> rewrite) : INormalizer
{
    /// <inheritdoc/>
    public string Normalize(string text, bool continues = false) => rewrite(text);
}

/// <summary>Puts a fixed text before each text that begins here.</summary>
internal sealed class PrependNormalizer(string prefix) : INormalizer
{
    /// <inheritdoc/>
    public string Normalize(string text, bool continues = false) => text.Length == 0 || continues ? text : prefix + text;
}

/// <summary>Several normalisers, each on the text of the one before.</summary>
internal sealed class NormalizerSequence(IReadOnlyList<INormalizer> steps) : INormalizer
{
    /// <inheritdoc/>
    public string Normalize(string text, bool continues = false)
    {
        foreach (var step in steps)
        {
            text = step.Normalize(text, continues);
        }

        return text;
    }
}
