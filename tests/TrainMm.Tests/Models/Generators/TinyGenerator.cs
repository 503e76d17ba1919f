using TrainMm.Core.Config;
using TrainMm.Core.Roles;
using TrainMm.Models.Generators;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Generators;

/// <summary>The tiny generator of each kind, and what it is given.</summary>
internal static class TinyGenerator
{
    /// <summary>All kinds.</summary>
    public static TheoryData<string> Kinds => ["stable_diffusion", "zeroscope", "audioldm2"];

    /// <summary>A generator with random weights.</summary>
    public static IGenerator Create(string kind, string? more = null, ScalarType dtype = ScalarType.Float32) => kind switch
    {
        "stable_diffusion" => FromYaml(kind, TinyDiffusion.Yaml(more), dtype),
        "zeroscope" => FromYaml(kind, TinyDiffusion.VideoYaml(more), dtype),
        _ => TinyAudioldm2.Create(TinyAudioldm2.Yaml(more), dtype),
    };

    /// <summary>A generator of these options.</summary>
    public static IGenerator FromYaml(string kind, string yaml, ScalarType dtype = ScalarType.Float32)
    {
        var options = ConfigBinder.Bind<Options>(ConfigDocument.Parse($"generator: {{ kind: {kind}, {yaml} }}\n", "run.yaml"));
        return options.Generator.Create(new GeneratorContext(new ModuleScope("made.generator", dtype, CPU), Seed: 1));
    }

    /// <summary>Two captions' tokens.</summary>
    public static Tensor Captions(string kind) => kind == "audioldm2" ? TinyAudioldm2.Captions() : arange(2 * 6, ScalarType.Int64).mul(7).remainder(19).reshape(2, 6);

    /// <summary>Two media, as the generator reads them.</summary>
    public static Tensor Media(string kind) => kind switch
    {
        "stable_diffusion" => Waves(2, 3, 16, 16),
        "zeroscope" => Waves(2, 3, 3, 8, 12),
        _ => Waves(2, 4, 8).mul(3).sub(4),
    };

    private static Tensor Waves(params long[] shape) => arange(shape.Aggregate(1L, (count, side) => count * side), ScalarType.Float32).mul(0.37).sin().reshape(shape);

    private sealed class Options
    {
        /// <summary>The generator.</summary>
        [FromCatalog(typeof(GeneratorCatalog))]
        public required Component<IGenerator, GeneratorContext> Generator { get; init; }
    }
}
