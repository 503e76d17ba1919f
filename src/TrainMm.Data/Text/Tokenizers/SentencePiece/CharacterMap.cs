using System.Buffers.Binary;
using System.Text;

namespace TrainMm.Data.Text.Tokenizers.SentencePiece;

/// <summary>
/// SentencePiece's compiled character map: a double-array trie (Darts-clone's layout) from byte sequences to places in a block
/// of zero-terminated replacements.
/// </summary>
internal sealed class CharacterMap
{
    private readonly uint[] units;
    private readonly byte[] replacements;

    /// <summary>Reads a map.</summary>
    /// <param name="blob">The size of the trie in bytes, the trie, the replacements.</param>
    /// <exception cref="InvalidDataException">The sizes do not fit.</exception>
    public CharacterMap(ReadOnlySpan<byte> blob)
    {
        var size = blob.Length >= 4 ? BinaryPrimitives.ReadInt32LittleEndian(blob) : -1;
        if (size < 4 || size % 4 != 0 || size > blob.Length - 4)
        {
            throw new InvalidDataException("the character map's size does not fit");
        }

        units = new uint[size / 4];
        for (var i = 0; i < units.Length; i++)
        {
            units[i] = BinaryPrimitives.ReadUInt32LittleEndian(blob[(4 + (4 * i))..]);
        }

        replacements = blob[(4 + size)..].ToArray();
    }

    /// <summary>The replacement of the longest (or the first) sequence that the bytes begin with.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="longest">False takes the shortest sequence, as Rust <c>tokenizers</c> does.</param>
    /// <param name="length">How many bytes the sequence has; 0 where there is none.</param>
    /// <returns>UTF-8.</returns>
    public ReadOnlySpan<byte> Replace(ReadOnlySpan<byte> text, bool longest, out int length)
    {
        length = 0;
        var place = 0;
        var node = Offset(units[0]);
        for (var i = 0; i < text.Length; i++)
        {
            node ^= text[i];
            if (node >= units.Length || Label(units[node]) != text[i])
            {
                break;
            }

            var hasValue = ((units[node] >> 8) & 1) == 1;
            node ^= Offset(units[node]);
            if (hasValue)
            {
                place = (int)(units[node] & 0x7FFFFFFF);
                length = i + 1;
                if (!longest)
                {
                    break;
                }
            }
        }

        if (length == 0)
        {
            return [];
        }

        var replacement = replacements.AsSpan(place);
        return replacement[..replacement.IndexOf((byte)0)];
    }

    /// <summary>Rewrites a text as Rust <c>tokenizers</c>' <c>Precompiled</c> does: short grapheme clusters whole, else character by character.</summary>
    public string ReplaceClusters(string text)
    {
        const int LongestCluster = 5;
        var replaced = new StringBuilder(text.Length);
        for (var start = 0; start < text.Length;)
        {
            var cluster = text.AsSpan(start, System.Globalization.StringInfo.GetNextTextElementLength(text, start));
            start += cluster.Length;
            if (Encoding.UTF8.GetByteCount(cluster) > LongestCluster || !TryReplace(cluster, replaced))
            {
                foreach (var rune in cluster.EnumerateRunes())
                {
                    if (!TryReplace(rune.ToString(), replaced))
                    {
                        replaced.Append(rune.ToString());
                    }
                }
            }
        }

        return replaced.ToString();
    }

    private static int Offset(uint unit) => (int)((unit >> 10) << (int)((unit & (1u << 9)) >> 6));

    private static uint Label(uint unit) => unit & 0x800000FF;

    private bool TryReplace(ReadOnlySpan<char> text, StringBuilder replaced)
    {
        Span<byte> bytes = stackalloc byte[16];
        var replacement = Replace(bytes[..Encoding.UTF8.GetBytes(text, bytes)], longest: false, out var length);
        if (length > 0)
        {
            replaced.Append(Encoding.UTF8.GetString(replacement));
        }

        return length > 0;
    }
}
