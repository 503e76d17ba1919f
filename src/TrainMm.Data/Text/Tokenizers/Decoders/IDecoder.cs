namespace TrainMm.Data.Text.Tokenizers.Decoders;

/// <summary>A step from tokens to text.</summary>
internal interface IDecoder
{
    /// <summary>Rewrites the tokens of a sequence; joined, they are the text.</summary>
    List<string> Decode(List<string> tokens);
}

/// <summary>Joins all tokens into one.</summary>
internal sealed class FuseDecoder : IDecoder
{
    /// <inheritdoc/>
    public List<string> Decode(List<string> tokens) => [string.Concat(tokens)];
}

/// <summary>Rewrites each token by itself, knowing its place.</summary>
internal sealed class TokenwiseDecoder(Func<string, int, string> rewrite) : IDecoder
{
    /// <inheritdoc/>
    public List<string> Decode(List<string> tokens)
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            tokens[i] = rewrite(tokens[i], i);
        }

        return tokens;
    }
}
