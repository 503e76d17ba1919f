using TrainMm.Core.Weights;
using static TorchSharp.torch;

namespace TrainMm.ParityTests.Golden;

/// <summary>The tensors of a case's <c>io.safetensors</c>; remembers which were asked for, so that nothing the reference gave is left uncompared.</summary>
public sealed class GoldenTensors : IDisposable
{
    private readonly SafetensorsFile file;
    private readonly HashSet<string> read = new(StringComparer.Ordinal);

    public GoldenTensors(GoldenCase golden)
    {
        file = SafetensorsFile.Open(golden.Path("io.safetensors"));
    }

    public bool Has(string name) => file.Entries.ContainsKey(name);

    public Tensor this[string name]
    {
        get
        {
            read.Add(name);
            return file.Read(name);
        }
    }

    public Tensor? Optional(string name) => Has(name) ? this[name] : null;

    /// <summary>The names that begin with a prefix, without it.</summary>
    public IReadOnlyList<string> Under(string prefix) =>
        [.. file.Entries.Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(name => name[prefix.Length..]).Order(StringComparer.Ordinal)];

    /// <summary>Fails when the reference gave something that was not looked at.</summary>
    public void AssertAllCompared() => Assert.DoesNotContain(file.Entries.Keys, name => !name.StartsWith("in.", StringComparison.Ordinal) && !read.Contains(name));

    public void Dispose() => file.Dispose();
}
