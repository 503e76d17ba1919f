namespace TrainMm.Data.Text.Tokenizers.Models;

/// <summary>Which two neighbouring tokens become which one, and how early: an open-addressing table with linear probing.</summary>
internal sealed class MergeTable
{
    /// <summary>The rank of a pair that does not merge.</summary>
    public const int NoRank = int.MaxValue;

    private const ulong Empty = ulong.MaxValue;

    private readonly ulong[] keys;
    private readonly Merge[] merges;
    private readonly int shift;

    /// <summary>Makes room for a number of merges.</summary>
    public MergeTable(int count)
    {
        var bits = Math.Max(4, 64 - System.Numerics.BitOperations.LeadingZeroCount((ulong)count * 2));
        keys = new ulong[1 << bits];
        merges = new Merge[1 << bits];
        shift = 64 - bits;
        Array.Fill(keys, Empty);
    }

    /// <summary>Adds a merge; of two with the same pair the later one counts.</summary>
    public void Add(int left, int right, int rank, int product)
    {
        var slot = SlotOf(KeyOf(left, right));
        keys[slot] = KeyOf(left, right);
        merges[slot] = new Merge(rank, product);
    }

    /// <summary>The merge of a pair; its rank is <see cref="NoRank"/> where there is none.</summary>
    public Merge Find(int left, int right)
    {
        var slot = SlotOf(KeyOf(left, right));
        return keys[slot] == Empty ? new Merge(NoRank, -1) : merges[slot];
    }

    private static ulong KeyOf(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private int SlotOf(ulong key)
    {
        var slot = (int)((key * 0x9E3779B97F4A7C15UL) >> shift);
        while (keys[slot] != key && keys[slot] != Empty)
        {
            slot = (slot + 1) & (keys.Length - 1);
        }

        return slot;
    }

    /// <summary>What a pair becomes.</summary>
    /// <param name="Rank">The smaller, the earlier.</param>
    /// <param name="Product">The new token's id.</param>
    internal readonly record struct Merge(int Rank, int Product);
}
