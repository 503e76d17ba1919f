using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;
using TrainMm.Models.Encoders.Nfnet;
using TrainMm.Models.Encoders.OpenClipVit;
using TrainMm.Models.Encoders.Vision;

namespace TrainMm.Tests.Models.Encoders;

/// <summary>The files that towers of every kind are published with, and what holds without one.</summary>
public sealed class ImagePreprocessingTests
{
    [Fact]
    public void Dinov2ResizesBeyondTheSquareThatItCuts()
    {
        const string Published = """
            {"crop_size": {"height": 224, "width": 224}, "do_center_crop": true, "do_convert_rgb": true, "do_normalize": true, "do_rescale": true, "do_resize": true,
             "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225], "image_processor_type": "BitImageProcessor", "resample": 3, "size": {"shortest_edge": 256}}
            """;
        var spec = Read(Published, 518, ImageDefaults.ImageNet);
        Assert.Equal((224, 224, 256, ImageFit.CenterCrop, Resampling.Bicubic), (spec.Height, spec.Width, spec.ShortestEdge, spec.Fit, spec.Resampling));
        Assert.Equal(new ChannelStatistics(0.485f, 0.456f, 0.406f), spec.Mean);
    }

    [Theory]
    [InlineData("""{"do_resize": true, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "resample": 3, "size": {"height": 384, "width": 384}}""", Resampling.Bicubic)]
    [InlineData("""{"do_normalize": true, "do_resize": true, "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "size": 384, "resample": 2}""", Resampling.Bilinear)]
    [InlineData("""{"size": {"height": 384, "width": 384}}""", Resampling.Bilinear)]
    public void SiglipAndVitSquash(string published, Resampling resampling)
    {
        var spec = Read(published, 384, ImageDefaults.Vit);
        Assert.Equal((384, 384, ImageFit.Squash, resampling), (spec.Height, spec.Width, spec.Fit, spec.Resampling));
        Assert.Null(spec.ShortestEdge);
        Assert.Equal(new ChannelStatistics(0.5f, 0.5f, 0.5f), spec.Std);
    }

    [Fact]
    public void WithoutAFileATowersOwnProcessorHolds()
    {
        var spec = ImagePreprocessing.Read(folder: null, 384, ImageDefaults.Siglip, exact: false);
        Assert.Equal((384, ImageFit.Squash, Resampling.Bicubic), (spec.Height, spec.Fit, spec.Resampling));
        Assert.Equal(ImageFit.CenterCrop, ImagePreprocessing.Read(folder: null, 224, ImageDefaults.Clip, exact: false).Fit);
    }

    [Theory]
    [InlineData("""{"size": {"height": 384, "width": 336}}""")]
    [InlineData("""{"size": {"shortest_edge": 384}}""")]
    [InlineData("""{"size": {"height": 256, "width": 256}, "do_center_crop": true, "crop_size": 224}""")]
    public void WhatIsNoSquareIsRefused(string file) => Assert.Throws<CheckpointException>(() => Read(file, 384, ImageDefaults.Siglip));

    [Fact]
    public void OpenClipAndTimmSayItInTheirConfigurations()
    {
        using var folder = new TempFolder();
        folder.Write(
            "open_clip_config.json",
            """{"model_cfg": {"embed_dim": 8, "vision_cfg": {"layers": 1}}, "preprocess_cfg": {"mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6], "interpolation": "bilinear", "resize_mode": "squash"}}""");
        var images = OpenClipVitArchitecture.Read(HuggingFaceConfig.Open(folder.Path, "open_clip_config.json")).Images;
        Assert.Equal((ImageFit.Squash, Resampling.Bilinear, new ChannelStatistics(0.1f, 0.2f, 0.3f)), (images.Fit, images.Resampling, images.MeanStatistics));

        folder.Write(
            "config.json",
            """{"architecture": "dm_nfnet_f6", "num_features": 3072, "pretrained_cfg": {"input_size": [3, 448, 448], "crop_pct": 0.956, "interpolation": "bicubic", "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}}""");
        var sizes = NfnetArchitecture.Read(HuggingFaceConfig.Open(folder.Path));
        Assert.Equal([7, 14, 42, 21], sizes.Depths);
        var spec = sizes.Input(sizes.ImageSize);
        Assert.Equal((448, 468, ImageFit.CenterCrop), (spec.Height, spec.ShortestEdge, spec.Fit));
    }

    private static ImageSpec Read(string json, int size, ImageDefaults defaults)
    {
        using var folder = new TempFolder();
        folder.Write("preprocessor_config.json", json);
        return ImagePreprocessing.Read(folder.Path, size, defaults, exact: false);
    }
}
