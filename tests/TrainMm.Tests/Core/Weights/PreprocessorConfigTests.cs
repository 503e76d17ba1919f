using System.Text;
using TrainMm.Core.Diagnostics;
using TrainMm.Core.Roles;
using TrainMm.Core.Weights;

namespace TrainMm.Tests.Core.Weights;

public sealed class PreprocessorConfigTests
{
    private const string Statistics = "\"image_mean\": [0.1, 0.2, 0.3], \"image_std\": [0.4, 0.5, 0.6]";
    private static readonly ChannelStatistics Mean = new(0.1, 0.2, 0.3);
    private static readonly ChannelStatistics Std = new(0.4, 0.5, 0.6);

    [Theory]
    [InlineData("\"size\": {\"shortest_edge\": 56}, \"crop_size\": {\"height\": 56, \"width\": 56}, \"do_center_crop\": true, \"resample\": 3", 56, ImageFit.CenterCrop, Resampling.Bicubic, null)]
    [InlineData("\"size\": 224, \"crop_size\": 224", 224, ImageFit.CenterCrop, Resampling.Bicubic, null)]
    [InlineData("\"size\": {\"shortest_edge\": 256}, \"crop_size\": {\"height\": 224, \"width\": 224}", 224, ImageFit.CenterCrop, Resampling.Bicubic, 256)]
    [InlineData("\"size\": {\"height\": 40, \"width\": 40}, \"resample\": 2, \"do_center_crop\": null", 40, ImageFit.Squash, Resampling.Bilinear, null)]
    [InlineData("\"size\": 384, \"resample\": 3", 384, ImageFit.Squash, Resampling.Bicubic, null)]
    [InlineData("\"size\": {\"height\": 40, \"width\": 40}, \"crop_size\": 40, \"do_center_crop\": true", 40, ImageFit.Squash, Resampling.Bicubic, null)]
    public void TheFieldsFormsBecomeASpec(string fields, int size, ImageFit fit, Resampling resampling, int? shortestEdge)
    {
        using var folder = new TempFolder();
        var path = folder.Write("preprocessor_config.json", $"{{{fields}, {Statistics}}}");
        Assert.Equal(new ImageSpec(size, size, fit, resampling, Mean, Std, shortestEdge), PreprocessorConfig.Load(path));
    }

    [Fact]
    public void WithoutNormalisationTheValuesStayBetweenZeroAndOne()
    {
        using var folder = new TempFolder();
        var path = folder.Write("preprocessor_config.json", "{\"size\": 8, \"do_normalize\": false}");
        Assert.Equal(new ImageSpec(8, 8, ImageFit.Squash, Resampling.Bicubic, new(0, 0, 0), new(1, 1, 1)), PreprocessorConfig.Load(path));
    }

    [Fact]
    public void WhatCannotBeHonouredIsSaid()
    {
        using var folder = new TempFolder();
        var shown = new StringBuilder();
        foreach (var text in new[]
        {
            "{\"size\": 8",
            "[]",
            "{\"do_resize\": false, \"rescale_factor\": 0.5, \"resample\": 1, \"image_mean\": [1, 2], \"image_std\": \"x\", \"size\": -3}",
            $"{{\"size\": {{\"shortest_edge\": 8}}, \"do_center_crop\": false, {Statistics}}}",
            $"{{\"size\": {{\"height\": 9, \"width\": 9}}, \"crop_size\": 8, \"do_center_crop\": true, {Statistics}}}",
            $"{{\"size\": 8, \"do_center_crop\": \"yes\", \"resample\": \"bicubic\", {Statistics}}}",
        })
        {
            var path = folder.Write("preprocessor_config.json", text);
            shown.AppendLine(Assert.Throws<ConfigurationException>(() => PreprocessorConfig.Load(path)).Message);
        }

        shown.AppendLine(Assert.Throws<ConfigurationException>(() => PreprocessorConfig.Load(Path.Combine(folder.Path, "absent.json"))).Message);
        Snapshot.Match(shown.ToString(), "faults", folder.Path);
    }
}
