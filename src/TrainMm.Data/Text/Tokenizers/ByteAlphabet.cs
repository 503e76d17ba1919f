using System.Text;

namespace TrainMm.Data.Text.Tokenizers;

/// <summary>GPT-2's printable character for each byte: itself where Latin-1 prints it, else one from U+0100 on in order.</summary>
internal static class ByteAlphabet
{
    private static readonly char[] CharacterOf = Build();
    private static readonly short[] ByteOf = Invert();

    /// <summary>The character for a byte.</summary>
    public static char Show(byte value) => CharacterOf[value];

    /// <summary>A text's UTF-8 bytes as characters.</summary>
    public static string Show(ReadOnlySpan<char> text)
    {
        var shown = new char[Encoding.UTF8.GetMaxByteCount(text.Length)];
        return new string(shown, 0, Show(text, shown));
    }

    /// <summary>Writes a text's UTF-8 bytes as characters.</summary>
    /// <param name="text">The text.</param>
    /// <param name="shown">Receives the characters; three for each of the text's are enough.</param>
    /// <returns>How many were written.</returns>
    public static int Show(ReadOnlySpan<char> text, Span<char> shown)
    {
        Span<byte> bytes = stackalloc byte[4];
        var count = 0;
        for (var start = 0; start < text.Length;)
        {
            Rune.DecodeFromUtf16(text[start..], out var rune, out var length);
            start += length;
            foreach (var value in bytes[..rune.EncodeToUtf8(bytes)])
            {
                shown[count++] = CharacterOf[value];
            }
        }

        return count;
    }

    /// <summary>Appends the bytes that a token's characters stand for; a token with any other character gives its UTF-8 bytes.</summary>
    public static void AppendBytes(string token, List<byte> bytes)
    {
        var from = bytes.Count;
        foreach (var character in token)
        {
            if (character >= ByteOf.Length || ByteOf[character] < 0)
            {
                bytes.RemoveRange(from, bytes.Count - from);
                bytes.AddRange(Encoding.UTF8.GetBytes(token));
                return;
            }

            bytes.Add((byte)ByteOf[character]);
        }
    }

    private static char[] Build()
    {
        var next = 0x100;
        return [.. Enumerable.Range(0, 256).Select(value =>
            value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE ? (char)value : (char)next++)];
    }

    private static short[] Invert()
    {
        var bytes = new short[CharacterOf.Max() + 1];
        Array.Fill<short>(bytes, -1);
        for (short value = 0; value < 256; value++)
        {
            bytes[CharacterOf[value]] = value;
        }

        return bytes;
    }
}
