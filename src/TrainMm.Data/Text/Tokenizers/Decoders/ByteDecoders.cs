using System.Globalization;
using System.Text;

namespace TrainMm.Data.Text.Tokenizers.Decoders;

/// <summary>Reads GPT-2's byte characters back as UTF-8; bytes that are none become U+FFFD.</summary>
internal sealed class ByteLevelDecoder : IDecoder
{
    /// <inheritdoc/>
    public List<string> Decode(List<string> tokens)
    {
        var bytes = new List<byte>();
        foreach (var token in tokens)
        {
            ByteAlphabet.AppendBytes(token, bytes);
        }

        return [Encoding.UTF8.GetString([.. bytes])];
    }
}

/// <summary>Reads runs of <c>&lt;0xE2&gt;</c> tokens as UTF-8; in a run that is not, each byte becomes U+FFFD.</summary>
internal sealed class ByteFallbackDecoder : IDecoder
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <inheritdoc/>
    public List<string> Decode(List<string> tokens)
    {
        var decoded = new List<string>(tokens.Count);
        var run = new List<byte>();
        foreach (var token in tokens)
        {
            if (token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
                && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                run.Add(value);
                continue;
            }

            Flush(run, decoded);
            decoded.Add(token);
        }

        Flush(run, decoded);
        return decoded;
    }

    private static void Flush(List<byte> run, List<string> decoded)
    {
        if (run.Count == 0)
        {
            return;
        }

        try
        {
            decoded.Add(Strict.GetString([.. run]));
        }
        catch (DecoderFallbackException)
        {
            decoded.Add(new string('\uFFFD', run.Count));
        }

        run.Clear();
    }
}
