using System.Globalization;
using System.Text;
using TrainMm.Core.Diagnostics;

namespace TrainMm.Data.Text.Tokenizers.Models;

/// <summary>How a byte-pair model deals with what is not a plain merge; the names are <c>tokenizer.json</c>'s.</summary>
internal sealed record BytePairOptions
{
    /// <summary>The token for a character that the vocabulary lacks; null leaves such a character out, as the reference does.</summary>
    public string? UnknownToken { get; init; }

    /// <summary>Whether neighbouring unknown characters become one unknown token.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>Whether a character that the vocabulary lacks is spelled with the tokens <c>&lt;0x00&gt;</c> to <c>&lt;0xFF&gt;</c> of its UTF-8 bytes.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>Whether a word that is a token is that token, whatever the merges would make of it.</summary>
    public bool IgnoreMerges { get; init; }

    /// <summary>What a character that does not begin its word is prefixed with.</summary>
    public string ContinuingSubwordPrefix { get; init; } = string.Empty;

    /// <summary>What the last character of a word is followed by.</summary>
    public string EndOfWordSuffix { get; init; } = string.Empty;
}

/// <summary>Byte-pair encoding as <c>tokenizer.json</c>'s <c>BPE</c> defines it (Sennrich et al., arXiv 1508.07909).</summary>
internal sealed class BytePairModel : IWordModel
{
    private readonly BytePairOptions options;
    private readonly MergeTable merges;
    private readonly int[]? byteIds;

    /// <summary>Puts the parts together.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="merges">The merges, over ids.</param>
    /// <param name="options">What is not a merge.</param>
    public BytePairModel(Vocabulary vocabulary, MergeTable merges, BytePairOptions options)
    {
        Vocabulary = vocabulary;
        this.merges = merges;
        this.options = options;
        UnknownId = options.UnknownToken is { } token && vocabulary.IdOf(token) is >= 0 and var id ? id : null;
        byteIds = options.ByteFallback
            ? [.. Enumerable.Range(0, 256).Select(value => vocabulary.IdOf(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>")))]
            : null;
        WordStart = FindWordStart();
    }

    /// <inheritdoc/>
    public Vocabulary Vocabulary { get; }

    /// <inheritdoc/>
    public int? UnknownId { get; }

    /// <inheritdoc/>
    public char? WordStart { get; }

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        if (options.IgnoreMerges && Vocabulary.IdOf(word) is >= 0 and var whole)
        {
            ids.Add(whole);
            return;
        }

        var from = ids.Count;
        AddCharacters(word, ids);
        BytePairMerger.Merge(ids, from, merges);
    }

    private void AddCharacters(ReadOnlySpan<char> word, List<int> ids)
    {
        var unknownPending = false;
        for (var start = 0; start < word.Length;)
        {
            Rune.DecodeFromUtf16(word[start..], out var rune, out var length);
            var character = word.Slice(start, length);
            var id = IdOf(character, isFirst: start == 0, isLast: start + length == word.Length);
            start += length;
            if (id >= 0)
            {
                FlushUnknown(ref unknownPending, ids);
                ids.Add(id);
            }
            else if (!TryAddBytes(rune, ids) && options.UnknownToken is not null)
            {
                if (!options.FuseUnknown)
                {
                    FlushUnknown(ref unknownPending, ids);
                }

                unknownPending = true;
            }
        }

        FlushUnknown(ref unknownPending, ids);
    }

    private int IdOf(ReadOnlySpan<char> character, bool isFirst, bool isLast)
    {
        var prefix = isFirst ? string.Empty : options.ContinuingSubwordPrefix;
        var suffix = isLast ? options.EndOfWordSuffix : string.Empty;
        return prefix.Length + suffix.Length == 0 ? Vocabulary.IdOf(character) : Vocabulary.IdOf(string.Concat(prefix, character, suffix));
    }

    private bool TryAddBytes(Rune rune, List<int> ids)
    {
        if (byteIds is null)
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[4];
        bytes = bytes[..rune.EncodeToUtf8(bytes)];
        foreach (var value in bytes)
        {
            if (byteIds[value] < 0)
            {
                return false;
            }
        }

        foreach (var value in bytes)
        {
            ids.Add(byteIds[value]);
        }

        return true;
    }

    private void FlushUnknown(ref bool pending, List<int> ids)
    {
        if (pending)
        {
            ids.Add(UnknownId ?? throw new DataException($"the unknown token '{options.UnknownToken}' is not in the tokenizer's vocabulary"));
            pending = false;
        }
    }

    private char? FindWordStart()
    {
        const char LowLine = '▁';
        if (options.IgnoreMerges || options.ContinuingSubwordPrefix.Length + options.EndOfWordSuffix.Length > 0 || Vocabulary.IdOf([LowLine]) < 0)
        {
            return null;
        }

        var joinsWords = Vocabulary.Entries.Any(entry => entry.Key.AsSpan().TrimStart(LowLine).Contains(LowLine));
        return joinsWords ? null : LowLine;
    }
}
