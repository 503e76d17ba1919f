using TrainMm.Core.Weights;
using TrainMm.Models.Generators.HifiGan;
using TrainMm.Models.Layers;
using static TorchSharp.torch;

namespace TrainMm.Tests.Models.Generators;

/// <summary>AudioLDM 2's parts at the published sizes, from the configurations of cvssp/audioldm2, on the meta device: their files would be as large, to the byte, as those of that repository.</summary>
public sealed class PublishedAudioldm2SizesTests
{
    [Fact]
    public void TheVocodersFileIsAsLarge()
    {
        using var folder = new TempFolder();
        folder.Write("config.json", """
            {"architectures": ["SpeechT5HifiGan"], "initializer_range": 0.01, "leaky_relu_slope": 0.1, "model_in_dim": 64, "model_type": "hifigan", "normalize_before": false,
             "resblock_dilation_sizes": [[1, 3, 5], [1, 3, 5], [1, 3, 5]], "resblock_kernel_sizes": [3, 7, 11], "sampling_rate": 16000, "upsample_initial_channel": 1024,
             "upsample_kernel_sizes": [16, 16, 8, 4, 4], "upsample_rates": [5, 4, 2, 2, 2]}
            """);
        var part = Part();
        using var vocoder = new HifiGanModel(HifiGanArchitecture.Read(HuggingFaceConfig.Open(folder.Path)), part);
        Assert.Equal(55_265_025, Numbers(part));
        Assert.Equal(221_079_092, SafetensorsSize.Of(part));
    }

    private static ModuleScope Part() => new("part", ScalarType.Float32, META);

    private static long Numbers(ModuleScope part) => part.Parameters.Values.Sum(parameter => parameter.numel());
}
