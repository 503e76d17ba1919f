using System.Reflection;
using TorchSharp;
using TrainMm.Torch;
using static TorchSharp.torch;

namespace TrainMm.Tests.Torch;

public sealed class RuntimeTests
{
    // Operators that libtorch 1.13 has not; each has a way around it.
    private static readonly string[] Newer = ["ScaledDotProductAttention"];

    [Fact]
    public void FactsAreThoseOfTheLoadedLibrary()
    {
        var facts = Runtime.Describe();
        Assert.Equal(__version__, facts.Version);
        Assert.True(File.Exists(facts.Path), facts.Path);
        Assert.Contains("libtorch", Path.GetFileName(facts.Path), StringComparison.Ordinal);
        Assert.Equal(get_num_threads(), facts.Threads);
        Assert.Contains("PyTorch built with", facts.Configuration, StringComparison.Ordinal);
        Assert.NotEmpty(facts.Blas);
        Assert.Equal(cuda.device_count(), facts.CudaDevices);
    }

    [Fact]
    public void ThreadsAreSetBeforeTheFirstOperation()
    {
        var asked = Environment.GetEnvironmentVariable("TRAINMM_THREADS") ?? Environment.GetEnvironmentVariable("OMP_NUM_THREADS");
        Assert.Equal(asked is null ? Environment.ProcessorCount : int.Parse(asked), get_num_threads());
        Assert.Throws<ArgumentOutOfRangeException>(() => Runtime.Initialize(-1));
    }

    [Fact]
    public void MemoryOfTheProcessIsCounted()
    {
        var memory = MemoryStatistics.Read(CPU);
        Assert.InRange(memory.Used, 10L << 20, memory.Peak);
        using var tensor = ones(8L << 20);
        Assert.True(MemoryStatistics.Read(CPU).Peak >= memory.Peak);
    }

    [Fact]
    public void OperatorsAreFoundByName()
    {
        Assert.True(Runtime.HasOperator("aten::add", "Tensor"));
        Assert.False(Runtime.HasOperator("aten::add", "Nonsense"));
    }

    /// <summary>Misspelt operators would show at their first call only.</summary>
    [Fact]
    public void EveryOperatorOfTheTableExists()
    {
        const BindingFlags Internal = BindingFlags.Static | BindingFlags.Instance | BindingFlags.NonPublic;
        var table = typeof(torch).Assembly.GetType("TrainMm.Torch.Interop.Aten", throwOnError: true)!.GetFields(Internal);
        Assert.True(table.Length > 300);
        var missing = table.Where(field => field.FieldType.GetProperty("Exists", Internal)!.GetValue(field.GetValue(null)) is false).Select(field => field.Name);
        Assert.Empty(missing.Except(Newer));
    }

    [Fact]
    public void DevicesAreRead()
    {
        Assert.Equal((DeviceType.CUDA, 1), (device("cuda:1").type, device("cuda:1").index));
        Assert.Equal("cpu", device("cpu").ToString());
        Assert.Equal("cuda:2", new Device(DeviceType.CUDA, 2).ToString());
        Assert.Equal("'gpu' is no device; use cpu, cuda or cuda:N.", Assert.Throws<ArgumentException>(() => device("gpu")).Message);
        Assert.Equal(CPU, ones(1).device);
    }
}
