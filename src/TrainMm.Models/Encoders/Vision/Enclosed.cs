using TrainMm.Core.Roles;
using static TorchSharp.torch;

namespace TrainMm.Models.Encoders.Vision;

/// <summary>A level of a checkpoint's names that does nothing but hold one module.</summary>
internal sealed class Enclosed<T> : NamedModule
    where T : nn.Module
{
    public Enclosed(string name, T module)
        : base(nameof(Enclosed<>))
    {
        Inner = Add(name, module);
    }

    /// <summary>The module.</summary>
    public T Inner { get; }
}
