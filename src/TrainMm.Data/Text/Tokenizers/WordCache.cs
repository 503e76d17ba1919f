using System.Runtime.InteropServices;

namespace TrainMm.Data.Text.Tokenizers;

/// <summary>
/// Ids of words already seen. Its size is fixed: a word has two slots, and where both are taken the older word goes, so that two
/// common words do not keep pushing each other out. An entry is immutable and a slot is written whole, so readers need no lock.
/// </summary>
internal sealed class WordCache
{
    private const int SlotBits = 16;
    private const int LongestWord = 64;

    private readonly Entry?[] slots = new Entry?[1 << SlotBits];

    /// <summary>Finds the ids of a word.</summary>
    /// <param name="word">The word.</param>
    /// <param name="slot">Where <see cref="Store"/> is to put it when it is not found; negative where it is too long to keep.</param>
    /// <returns>The ids, or null.</returns>
    public int[]? Find(ReadOnlySpan<char> word, out int slot)
    {
        if (word.Length > LongestWord)
        {
            slot = -1;
            return null;
        }

        slot = SlotOf(word);
        return IdsAt(slot, word) ?? IdsAt(slot ^ 1, word);
    }

    /// <summary>Keeps the ids of a word in the slot that <see cref="Find"/> named.</summary>
    public void Store(int slot, ReadOnlySpan<char> word, ReadOnlySpan<int> ids)
    {
        if (slot >= 0)
        {
            if (Volatile.Read(ref slots[slot]) is { } older)
            {
                Volatile.Write(ref slots[slot ^ 1], older);
            }

            Volatile.Write(ref slots[slot], new Entry(word.ToString(), ids.ToArray()));
        }
    }

    private int[]? IdsAt(int slot, ReadOnlySpan<char> word)
    {
        var entry = Volatile.Read(ref slots[slot]);
        return entry is not null && word.SequenceEqual(entry.Word) ? entry.Ids : null;
    }

    /// <summary>Four characters at a time: most words are done in one or two rounds.</summary>
    private static int SlotOf(ReadOnlySpan<char> word)
    {
        var bytes = MemoryMarshal.AsBytes(word);
        var hash = (ulong)bytes.Length;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..]) hash = Mix(hash ^ MemoryMarshal.Read<ulong>(bytes));
        var rest = 0UL;
        for (var i = 0; i < bytes.Length; i += sizeof(char)) rest = (rest << 16) | MemoryMarshal.Read<char>(bytes[i..]);
        return (int)(Mix(hash ^ rest) >> (64 - SlotBits));
    }

    private static ulong Mix(ulong hash)
    {
        hash *= 0x9E3779B97F4A7C15UL;
        return hash ^ (hash >> 32);
    }

    private sealed record Entry(string Word, int[] Ids);
}
