using System.Runtime.InteropServices;
using TrainMm.Torch;
using static TorchSharp.torch;

namespace TrainMm.Tests.Torch;

public sealed class ExceptionTests
{
    [Fact]
    public void MessagesAreLibtorchsWithoutABacktrace()
    {
        var problem = Assert.Throws<ExternalException>(() => ones(2, 3) + ones(4));
        Assert.Equal("The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1", problem.Message.Trim());
    }

    [Fact]
    public void AnErrorLeavesTheNextCallAlone()
    {
        Assert.Throws<ExternalException>(() => ones(2).reshape(3));
        Assert.Equal([2f, 2f], (ones(2) + 1).Floats());
    }

    [Fact]
    public void EachThreadHasItsOwnMessage()
    {
        var messages = new string[2];
        var threads = Enumerable.Range(0, 2).Select(i => new Thread(() =>
        {
            for (var k = 0; k < 50; k++) messages[i] = Assert.Throws<ExternalException>(() => ones(2 + i).reshape(7)).Message;
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.Contains("input of size 2", messages[0], StringComparison.Ordinal);
        Assert.Contains("input of size 3", messages[1], StringComparison.Ordinal);
    }

    [Fact]
    public void UseAfterDisposeIsNamed()
    {
        var tensor = ones(1);
        tensor.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tensor + 1);
        Assert.Throws<ObjectDisposedException>(() => ones(1) + tensor);
        Assert.Throws<ObjectDisposedException>(() => tensor.shape);
        Assert.Throws<ObjectDisposedException>(() => cat([ones(1), tensor]));
    }

    [Fact]
    public void LackOfMemoryIsTold()
    {
        var problem = Assert.Throws<ExternalException>(() => empty([1L << 46]));
        Assert.True(OutOfMemory.IsCause(problem), problem.Message);
        Assert.True(OutOfMemory.IsCause(new InvalidOperationException("while training", problem)));
        Assert.False(OutOfMemory.IsCause(Assert.Throws<ExternalException>(() => ones(2).reshape(3))));
    }
}
