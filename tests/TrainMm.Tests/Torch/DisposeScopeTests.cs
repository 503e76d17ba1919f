using static TorchSharp.torch;

namespace TrainMm.Tests.Torch;

public sealed class DisposeScopeTests
{
    [Fact]
    public void AScopeDisposesWhatWasMadeInIt()
    {
        Tensor inner, moved, detached;
        using (NewDisposeScope())
        {
            using (var scope = NewDisposeScope())
            {
                inner = ones(1);
                moved = ones(1).MoveToOuterDisposeScope();
                detached = ones(1).DetachFromDisposeScope();
                Assert.Equal(1, scope.DisposablesCount);
                Assert.True(scope.Contains(inner));
            }

            Assert.True(inner.IsInvalid);
            Assert.False(moved.IsInvalid);
        }

        Assert.True(moved.IsInvalid);
        Assert.False(detached.IsInvalid);
        detached.Dispose();
    }

    [Fact]
    public void DisposedTensorsLeaveTheirScope()
    {
        using var scope = NewDisposeScope();
        var tensors = Enumerable.Range(0, 5).Select(i => tensor(i)).ToList();
        tensors[1].Dispose();
        tensors[3].Dispose();
        Assert.Equal(3, scope.DisposablesCount);
        Assert.Equal([0, 2, 4], scope.DisposablesView.Select(left => ((Tensor)left).item<int>()).Order());
    }

    [Fact]
    public void EverythingButWhatIsKept()
    {
        using var scope = NewDisposeScope();
        var tensors = Enumerable.Range(0, 6).Select(i => tensor(i)).ToList();
        var kept = scope.DisposeEverythingBut(tensors[2]);
        Assert.Same(tensors[2], kept);
        Assert.Equal([true, true, false, true, true, true], tensors.Select(tensor => tensor.IsInvalid));
        kept.Dispose();
        Assert.Equal(0, scope.DisposablesCount);
    }

    [Fact]
    public void WithoutAScopeNothingIsDisposed()
    {
        using var free = ones(1);
        using (NewDisposeScope())
        {
            free.add_(1);
        }

        Assert.Equal(2f, free.item<float>());
    }

    [Fact]
    public void OtherDisposablesBelongToScopesToo()
    {
        var generator = new Generator(1);
        using (var scope = NewDisposeScope())
        {
            scope.Attach(generator);
            Assert.True(scope.Contains(generator));
        }

        Assert.Throws<ObjectDisposedException>(() => generator.Handle);
    }

    [Fact]
    public void ScopesAreOfTheirThread()
    {
        using var scope = NewDisposeScope();
        var made = 0;
        var thread = new Thread(() =>
        {
            using var outside = ones(1);
            using var own = NewDisposeScope();
            _ = ones(1);
            made = own.DisposablesCount;
        });
        thread.Start();
        thread.Join();
        Assert.Equal((1, 0), (made, scope.DisposablesCount));
    }

    [Fact]
    public void ATensorDisposedOnAnotherThreadDoesNoHarm()
    {
        using var scope = NewDisposeScope();
        var first = ones(1);
        var second = ones(1);
        var thread = new Thread(first.Dispose);
        thread.Start();
        thread.Join();
        scope.DisposeEverything();
        Assert.True(first.IsInvalid && second.IsInvalid);
        Assert.Equal(0, scope.DisposablesCount);
    }

    [Fact]
    public void AWrappedExpressionKeepsItsResultOnly()
    {
        using var scope = NewDisposeScope();
        var result = WrappedTensorDisposeScope(() => ones(2) + ones(2));
        Assert.Equal([2f, 2f], result.Floats());
        Assert.True(scope.Contains(result));
    }
}
