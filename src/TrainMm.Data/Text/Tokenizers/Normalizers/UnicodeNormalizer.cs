using System.Text;

namespace TrainMm.Data.Text.Tokenizers.Normalizers;

/// <summary>Unicode's normalisation forms C, D, KC and KD (Unicode Standard Annex 15).</summary>
/// <param name="compatibility">Whether compatibility characters are decomposed too (the K forms).</param>
/// <param name="compose">Whether characters are composed again (the C forms).</param>
internal sealed class UnicodeNormalizer(bool compatibility, bool compose) : INormalizer
{
    private const int SyllableBase = 0xAC00;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TailBase = 0x11A7;
    private const int LeadCount = 19;
    private const int VowelCount = 21;
    private const int TailCount = 28;
    private const int SyllableCount = LeadCount * VowelCount * TailCount;

    /// <inheritdoc/>
    public string Normalize(string text, bool continues = false)
    {
        if (IsUntouched(text))
        {
            return text;
        }

        var codes = new List<int>(text.Length + 8);
        foreach (var rune in text.EnumerateRunes())
        {
            Decompose(rune.Value, codes);
        }

        Reorder(codes);
        if (compose)
        {
            Compose(codes);
        }

        var normalized = new StringBuilder(codes.Count);
        Span<char> units = stackalloc char[2];
        foreach (var code in codes)
        {
            normalized.Append(units[..new Rune(code).EncodeToUtf16(units)]);
        }

        return normalized.ToString();
    }

    /// <summary>No form changes ASCII; form C leaves all below the combining marks alone.</summary>
    private bool IsUntouched(string text) =>
        !text.AsSpan().ContainsAnyExceptInRange('\0', compose && !compatibility ? '\u02FF' : '\u007F');

    private void Decompose(int code, List<int> codes)
    {
        var syllable = code - SyllableBase;
        if ((uint)syllable < SyllableCount)
        {
            codes.Add(LeadBase + (syllable / (VowelCount * TailCount)));
            codes.Add(VowelBase + ((syllable / TailCount) % VowelCount));
            if (syllable % TailCount > 0)
            {
                codes.Add(TailBase + (syllable % TailCount));
            }
        }
        else if (UnicodeTables.Shared.Decomposition(code, compatibility) is { } parts)
        {
            foreach (var part in parts)
            {
                Decompose(part, codes);
            }
        }
        else
        {
            codes.Add(code);
        }
    }

    /// <summary>Marks that follow a character are put in the order of their classes; equal classes keep theirs.</summary>
    private static void Reorder(List<int> codes)
    {
        for (var i = 1; i < codes.Count; i++)
        {
            var mark = codes[i];
            var order = UnicodeTables.Shared.CombiningClass(mark);
            var to = i;
            while (order > 0 && to > 0 && UnicodeTables.Shared.CombiningClass(codes[to - 1]) > order)
            {
                codes[to] = codes[to - 1];
                to--;
            }

            codes[to] = mark;
        }
    }

    private static void Compose(List<int> codes)
    {
        var starter = -1;
        var lastClass = 0;
        var count = 0;
        for (var i = 0; i < codes.Count; i++)
        {
            var code = codes[i];
            var order = UnicodeTables.Shared.CombiningClass(code);
            var isBlocked = starter < 0 || (count - 1 > starter && (lastClass >= order || lastClass == 0));
            if (!isBlocked && Compose(codes[starter], code) is >= 0 and var composed)
            {
                codes[starter] = composed;
                continue;
            }

            starter = order == 0 ? count : starter;
            lastClass = order;
            codes[count++] = code;
        }

        codes.RemoveRange(count, codes.Count - count);
    }

    private static int Compose(int first, int second)
    {
        if ((uint)(first - LeadBase) < LeadCount && (uint)(second - VowelBase) < VowelCount)
        {
            return SyllableBase + ((((first - LeadBase) * VowelCount) + (second - VowelBase)) * TailCount);
        }

        var isOpenSyllable = (uint)(first - SyllableBase) < SyllableCount && (first - SyllableBase) % TailCount == 0;
        return isOpenSyllable && second - TailBase is > 0 and < TailCount
            ? first + (second - TailBase)
            : UnicodeTables.Shared.Composition(first, second);
    }
}
