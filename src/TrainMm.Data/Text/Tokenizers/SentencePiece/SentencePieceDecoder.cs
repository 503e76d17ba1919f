using System.Globalization;
using System.Text;
using TrainMm.Data.Text.Tokenizers.Decoders;

namespace TrainMm.Data.Text.Tokenizers.SentencePiece;

/// <summary>SentencePiece's decoder: ▁ is a space, but for the one that the normaliser put in front; what was unknown shows as ⁇.</summary>
internal sealed class SentencePieceDecoder(SentencePieceProto model) : IDecoder
{
    private const string UnknownSurface = " ⁇ ";

    private readonly ByteFallbackDecoder bytes = new();
    private readonly HashSet<string> controls = model.Pieces.Where(piece => piece.Kind == PieceKind.Control).Select(piece => piece.Text).ToHashSet(StringComparer.Ordinal);

    /// <inheritdoc/>
    public List<string> Decode(List<string> tokens)
    {
        var text = new StringBuilder();
        var stripsSpace = model.AddDummyPrefix || model.RemoveExtraSpaces;
        foreach (var token in model.ByteFallback ? Utf8Bytes(tokens) : tokens)
        {
            if (token == model.TextOf(model.UnknownId))
            {
                text.Append(UnknownSurface);
                stripsSpace = false;
                continue;
            }

            var piece = token.AsSpan();
            if (stripsSpace && piece.StartsWith('▁'))
            {
                piece = model.RemoveExtraSpaces ? piece.TrimStart('▁') : piece[1..];
                stripsSpace = model.RemoveExtraSpaces && piece.IsEmpty;
            }
            else
            {
                stripsSpace &= controls.Contains(token);
            }

            text.Append(CultureInfo.InvariantCulture, $"{piece.ToString().Replace('▁', ' ')}");
        }

        return [text.ToString()];
    }

    private List<string> Utf8Bytes(List<string> tokens) => bytes.Decode(tokens);
}
