using TorchSharp.Modules;
using TrainMm.Core.Roles;
using TrainMm.Models.Layers;

namespace TrainMm.Models.Encoders.Vision;

/// <summary>Learned positions that a checkpoint keeps as an embedding: <c>weight</c>, one row a token.</summary>
internal sealed class PositionTable : NamedModule
{
    public PositionTable(long count, long width, ModuleScope scope)
        : base(nameof(PositionTable))
    {
        Weight = Add("weight", scope.Parameter("weight", count, width));
    }

    /// <summary>[T, De].</summary>
    public Parameter Weight { get; }
}
