using TrainMm.Core.Config;

namespace TrainMm.Tests.Core.Config;

/// <summary>A role for tests.</summary>
public interface IProjector
{
    /// <summary>What was built, in words.</summary>
    string Summary { get; }
}

/// <summary>What is known when a projector of these tests is built.</summary>
public sealed record ProjectorContext(int InputWidth, int OutputWidth);

/// <summary>One affine map.</summary>
public sealed class LinearProjector(LinearOptions options, ProjectorContext context) : IProjector
{
    public string Summary => $"linear {context.InputWidth}->{context.OutputWidth} bias={options.Bias}";
}

/// <summary>Affine maps with an activation between.</summary>
public sealed class MlpProjector(MlpOptions options, ProjectorContext context) : IProjector
{
    public string Summary => $"mlp {context.InputWidth}->{context.OutputWidth} depth={options.Depth}";
}

/// <summary>Options of the linear projector.</summary>
public sealed class LinearOptions
{
    /// <summary>Whether a bias is added.</summary>
    public bool Bias { get; init; } = true;
}

/// <summary>Options of the multi-layer projector.</summary>
public sealed class MlpOptions : IValidatable
{
    /// <summary>Affine maps, one after the other.</summary>
    [Range(1, 8)]
    public int Depth { get; init; } = 2;

    /// <summary>Width between them, or null for the output's.</summary>
    [AtLeast(1)]
    public int? HiddenWidth { get; init; }

    /// <summary>Share of <see cref="HiddenWidth"/> dropped in training.</summary>
    [Range(0, 1, ExcludesMaximum = true)]
    public float Dropout { get; init; }

    /// <inheritdoc/>
    public void Validate(OptionChecks checks)
    {
        if (Depth == 1 && HiddenWidth is not null)
            checks.Error(nameof(HiddenWidth), "a projector of depth 1 has no hidden width", "leave it out, or make 'depth' at least 2");
    }
}

/// <summary>The projectors of these tests.</summary>
public static class ProjectorCatalog
{
    /// <summary>All kinds.</summary>
    public static readonly Catalog<IProjector, ProjectorContext> All = new(
        "projector",
        CatalogEntry.Of("linear", (LinearOptions options, ProjectorContext context) => new LinearProjector(options, context), "LLaVA, arXiv:2304.08485"),
        CatalogEntry.Of("mlp", (MlpOptions options, ProjectorContext context) => new MlpProjector(options, context), "LLaVA-1.5, arXiv:2310.03744"));
}

/// <summary>How the learning rate changes.</summary>
public enum Schedule
{
    /// <summary>Half a cosine.</summary>
    Cosine,

    /// <summary>A straight line.</summary>
    LinearDecay,

    /// <summary>Not at all.</summary>
    Constant,
}

/// <summary>Options of the loop.</summary>
public sealed class TrainOptions
{
    /// <summary>Optimiser steps.</summary>
    [AtLeast(1)]
    public int MaxSteps { get; init; } = 100;

    /// <summary>Largest learning rate.</summary>
    [Above(0)]
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>How the learning rate changes.</summary>
    public Schedule Schedule { get; init; } = Schedule.Cosine;

    /// <summary>Largest norm of the gradient, or null for any.</summary>
    public double? ClipNorm { get; init; } = 1;

    /// <summary>Adam's decay rates.</summary>
    [Range(0, 1, ExcludesMaximum = true)]
    public IReadOnlyList<double> Betas { get; init; } = [0.9, 0.999];

    /// <summary>Component paths that are trained.</summary>
    [NotEmpty]
    public IReadOnlyList<string> Trainable { get; init; } = ["projector"];

    /// <summary>Bytes of bfloat16 or float32.</summary>
    [OneOf(2, 4)]
    public int BytesPerValue { get; init; } = 2;
}

/// <summary>One data set.</summary>
public sealed class DataSetOptions
{
    /// <summary>The list of samples.</summary>
    [PathValue(PathRule.ExistingFile)]
    public required string Manifest { get; init; }

    /// <summary>How often it is seen beside the others.</summary>
    [Above(0)]
    public double Weight { get; init; } = 1;
}

/// <summary>A whole configuration.</summary>
public sealed class SampleOptions
{
    /// <summary>Seeds all that is random.</summary>
    public long Seed { get; init; }

    /// <summary>A name for people.</summary>
    public string? Name { get; init; }

    /// <summary>Joins the widths.</summary>
    [FromCatalog(typeof(ProjectorCatalog))]
    public required Component<IProjector, ProjectorContext> Projector { get; init; }

    /// <summary>A second one, optional.</summary>
    [FromCatalog(typeof(ProjectorCatalog))]
    public Component<IProjector, ProjectorContext>? Extra { get; init; }

    /// <summary>The loop.</summary>
    public TrainOptions Train { get; init; } = new() { MaxSteps = 200 };

    /// <summary>The data sets.</summary>
    public IReadOnlyList<DataSetOptions> Data { get; init; } = [];

    /// <summary>Rank of the adapter by layer name.</summary>
    [AtLeast(1)]
    public IReadOnlyDictionary<string, int> Ranks { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>Where results go.</summary>
    [PathValue(PathRule.Any)]
    public string RunDir { get; init; } = "runs/sample";
}
