using TorchSharp;
using TrainMm.Core.Kept;
using static TorchSharp.torch;

namespace TrainMm.Tests.Core.Kept;

public sealed class TensorStoreTests : IDisposable
{
    private readonly TempFolder folder = new();
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16)]
    public void WhatWasAddedIsFoundNowAndLater(ScalarType type)
    {
        var targets = Enumerable.Range(0, 5).ToDictionary(Key, i => rand(1, i + 1, 3).to_type(type));
        using (var store = Open())
        {
            foreach (var (key, target) in targets) store.Add(key, target);
            Assert.Equal((0, 5), (store.Known, store.Added));
            foreach (var (key, target) in targets) AssertSame(target, store.Find(key));
            store.Add(Key(0), targets[Key(1)]);
            AssertSame(targets[Key(0)], store.Find(Key(0)));
        }

        using var later = Open(room: 0);
        Assert.Equal((5, false), (later.Known, later.IsGrowing));
        foreach (var (key, target) in targets) AssertSame(target, later.Find(key));
        Assert.Null(later.Find(Key(5)));
        Assert.Equal((5, 0), (later.Found, later.Damaged));
    }

    [Fact]
    public void TwoAtTheSameTimeDoEachOtherNoHarm()
    {
        var target = rand(2, 3);
        using (var one = Open())
        using (var other = Open())
        {
            one.Add(Key(0), target);
            other.Add(Key(0), target);
            other.Add(Key(1), target.neg());
            Assert.Null(one.Find(Key(1)));
            using var third = Open();
            AssertSame(target, third.Find(Key(0)));
            AssertSame(target.neg(), third.Find(Key(1)));
        }

        Assert.Equal(2, Files().Length);
    }

    [Fact]
    public void OneThatWasNotWrittenToItsEndIsNotSeen()
    {
        using (var store = Open())
        {
            for (var i = 0; i < 3; i++) store.Add(Key(i), full([4], (float)i));
        }

        using (var file = new FileStream(Files()[0], FileMode.Open)) file.SetLength(file.Length - 1);
        using var later = Open();
        Assert.Equal(2, later.Known);
        AssertSame(full([4], 1.0f), later.Find(Key(1)));
        Assert.Null(later.Find(Key(2)));
        later.Add(Key(2), full([4], 2.0f));
        AssertSame(full([4], 2.0f), later.Find(Key(2)));
    }

    [Theory]
    [InlineData(1)] // within the key
    [InlineData(34)] // the length
    [InlineData(36)] // the element type
    [InlineData(39)] // the shape
    [InlineData(50)] // the numbers
    [InlineData(70)] // the hash
    public void AChangedByteIsNoticedAndTheTargetWrittenAnew(int at)
    {
        using (var store = Open()) store.Add(Key(0), rand(4));
        var bytes = File.ReadAllBytes(Files()[0]);
        bytes[16 + at] ^= 1;
        File.WriteAllBytes(Files()[0], bytes);
        File.SetLastWriteTimeUtc(Files()[0], DateTime.UtcNow.AddMinutes(-1));
        var target = rand(4);
        using (var later = Open())
        {
            Assert.Null(later.Find(Key(0)));
            later.Add(Key(0), target);
            AssertSame(target, later.Find(Key(0)));
        }

        using var last = Open();
        AssertSame(target, last.Find(Key(0)));
        Assert.Equal(0, last.Damaged);
    }

    [Fact]
    public void NoMoreIsAddedThanThereIsRoomFor()
    {
        using var store = Open(room: 200);
        for (var i = 0; i < 3; i++) store.Add(Key(i), rand(4));
        Assert.Equal((2, "there is no more room"), (store.Added, store.Closed));
        Assert.InRange(new FileInfo(Files()[0]).Length, 100, 216);
    }

    [Fact]
    public void AFolderThatCannotBeWrittenIsSaid()
    {
        File.WriteAllText(Path.Combine(folder.Path, "targets"), "a file");
        using var store = Open();
        store.Add(Key(0), rand(4));
        Assert.Contains("targets", store.Closed, StringComparison.Ordinal);
    }

    [Fact]
    public void OtherFilesAreLeftAlone()
    {
        Directory.CreateDirectory(Path.Combine(folder.Path, "targets"));
        File.WriteAllText(Path.Combine(folder.Path, "targets", "mine.tensors"), "something else");
        using var store = Open();
        Assert.Equal(0, store.Known);
    }

    [Fact]
    public void AKeyTellsPurposeTypeShapeAndNumbersApart()
    {
        var input = arange(6, ScalarType.Int64);
        Tensor[] others = [arange(6, ScalarType.Int64).view(2, 3), arange(6, ScalarType.Int32), arange(1, 7, ScalarType.Int64)];
        Assert.Equal(TensorKey.Of("a", input), TensorKey.Of("a", input.clone()));
        Assert.NotEqual(TensorKey.Of("a", input), TensorKey.Of("b", input));
        Assert.All(others, other => Assert.NotEqual(TensorKey.Of("a", input), TensorKey.Of("a", other)));
    }

    private static TensorKey Key(int i) => new((UInt128)i, 7);

    private static void AssertSame(Tensor expected, Tensor? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal(expected.dtype, actual.dtype);
        Assert.Equal(expected.shape, actual.shape);
        Assert.True(expected.equal(actual).item<bool>());
    }

    private TensorStore Open(long room = 1 << 20) => TensorStore.Open(Path.Combine(folder.Path, "targets"), room);

    private string[] Files() => Directory.GetFiles(Path.Combine(folder.Path, "targets"), "*.tensors");
}
