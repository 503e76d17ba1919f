using FsCheck;
using FsCheck.Fluent;
using TrainMm.Data.Text;
using TrainMm.Data.Text.Tokenizers.Models;

namespace TrainMm.Tests.Data.Text.Tokenizers;

public sealed class BytePairTests
{
    [Fact]
    public void WordsThatWereSeenCostNoMemory()
    {
        var tokenizer = TinyTokenizers.ByteLevel("h e", "Ġ t", "l l", "Ġt he").Load();
        var text = string.Join(' ', Enumerable.Range(0, 500).Select(i => $"the hell{i % 40} é 猫 </s>"));
        var ids = new List<int>(1 << 16);
        tokenizer.EncodeStretch(text, TextPosition.Start, ids);
        Assert.Equal(tokenizer.EncodeStretch(text, TextPosition.Start), ids);

        // Of some goes the one with the least: now and then the runtime takes some for itself, and its search of a span takes 96 bytes until it is compiled for speed.
        Assert.InRange(Enumerable.Range(0, 5).Min(_ => Allocated()), 0, 128);
        Assert.True(ids.Count > 3000);

        long Allocated()
        {
            ids.Clear();
            var before = GC.GetAllocatedBytesForCurrentThread();
            tokenizer.EncodeStretch(text, TextPosition.Start, ids);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void IdsAreAppended()
    {
        var tokenizer = TinyTokenizers.ByteLevel("h e").Load();
        List<int> ids = [7];
        tokenizer.EncodeStretch("he", TextPosition.AfterText, ids);
        Assert.Equal([7, .. tokenizer.EncodeStretch("he", TextPosition.AfterText)], ids);
    }

    [Fact]
    public void MergesTheSmallestRankFirst()
    {
        var tokenizer = TinyTokenizers.ByteLevel("b c", "a b", "a bc").Load();
        Assert.Equal("abc", tokenizer.Spell("abc"));
        Assert.Equal("ab|a", tokenizer.Spell("aba"));
    }

    [Fact]
    public void OfEqualRanksTheLeftmostMergesFirst()
    {
        var tokenizer = TinyTokenizers.ByteLevel("a a").Load();
        Assert.Equal("aa|aa|a", tokenizer.Spell("aaaaa"));
    }

    [Fact]
    public void IgnoreMergesTakesAWholeWordAsItStands()
    {
        var json = TinyTokenizers.ByteLevel("a b", "c d", "abc d");
        json["model"]!["vocab"]!["abc"] = 900;
        var plain = json.Load();
        Assert.Equal("ab|cd", plain.Spell("abcd"));
        json["model"]!["ignore_merges"] = true;
        var whole = json.Load();
        Assert.Equal("abcd", whole.Spell("abcd"));
    }

    [Fact]
    public void ByteLevelGivesBackEveryText()
    {
        var tokenizer = TinyTokenizers.ByteLevel("Ġ t", "h e", "Ġt he", "i n").Load();
        Prop.ForAll<NonNull<string>>(text =>
        {
            var sound = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text.Get));
            return string.Equals(tokenizer.Decode(tokenizer.Encode(sound)), sound, StringComparison.Ordinal);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void ByteFallbackGivesBackEveryText()
    {
        var tokenizer = TinyTokenizers.ByteFallback("▁ t", "h e", "▁t he", "▁ ▁").Load();
        foreach (var text in (ReadOnlySpan<string>)["the cat", "  two  spaces ", "naïve 猫 🐈", "line\nbreak", "the"])
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
        Assert.Equal("▁|<0xC3>|<0xAF>", tokenizer.Spell("ï"));
    }

    [Fact]
    public void CuttingWhereNoTokenReachesAcrossChangesNothing()
    {
        string[] merges = ["▁ ▁", "a b", "▁ ab", "b a", "▁▁ ▁▁", "ab ab", "▁ b"];
        var words = TinyTokenizers.ByteFallback(merges).Load();
        var json = TinyTokenizers.ByteFallback(merges);
        json["model"]!["vocab"]!["x▁x"] = 800;
        var whole = json.Load();
        var texts = Gen.Elements(' ', 'a', 'b', 'é').ListOf(40).Select(characters => new string([.. characters]));
        Prop.ForAll(texts.ToArbitrary(), text => words.Encode(text).SequenceEqual(whole.Encode(text))).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void LongWordsMergeAsShortOnesDo()
    {
        var merges = new MergeTable(8);
        (int Left, int Right, int Product)[] pairs = [(1, 2, 3), (3, 1, 4), (2, 2, 5), (4, 5, 6), (3, 3, 7), (2, 1, 8)];
        for (var rank = 0; rank < pairs.Length; rank++) merges.Add(pairs[rank].Left, pairs[rank].Right, rank, pairs[rank].Product);
        Prop.ForAll(Gen.Elements(1, 2).ListOf(300).ToArbitrary(), symbols =>
        {
            var ids = new List<int>(symbols);
            BytePairMerger.Merge(ids, 0, merges);
            return ids.SequenceEqual(MergeByDefinition([.. symbols], merges));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void ManyThreadsGetTheSameIds()
    {
        var tokenizer = TinyTokenizers.ByteLevel("Ġ t", "h e", "Ġt he").Load();
        var texts = Enumerable.Range(0, 2000).Select(i => $"the {i % 97} then {i % 89} hethe").ToArray();
        var expected = texts.Select(text => string.Join(',', tokenizer.Encode(text))).ToArray();
        Parallel.For(0, texts.Length, i => Assert.Equal(expected[i], string.Join(',', tokenizer.Encode(texts[i]))));
    }

    private static List<int> MergeByDefinition(List<int> ids, MergeTable merges)
    {
        while (true)
        {
            var best = Enumerable.Range(0, Math.Max(0, ids.Count - 1))
                .Select(i => (merges.Find(ids[i], ids[i + 1]).Rank, Position: i))
                .DefaultIfEmpty((MergeTable.NoRank, 0)).Min();
            if (best.Item1 == MergeTable.NoRank) return ids;
            ids[best.Item2] = merges.Find(ids[best.Item2], ids[best.Item2 + 1]).Product;
            ids.RemoveAt(best.Item2 + 1);
        }
    }
}
