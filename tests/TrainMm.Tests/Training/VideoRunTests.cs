using System.Text;
using TrainMm.Core.Diagnostics;
using TrainMm.Tests.Data.Media.Audio;
using TrainMm.Tests.Data.Media.Video;
using TrainMm.Tests.Torch;
using TrainMm.Training.Evaluation;

namespace TrainMm.Tests.Training;

/// <summary>Both stages on videos, where ffmpeg is there.</summary>
[Collection(ProcessWide.Name)]
public sealed class VideoRunTests : IDisposable
{
    private readonly TinyRun run = new();

    public void Dispose() => run.Dispose();

    [FfmpegFact]
    public void BothStagesLearnFromFrames()
    {
        foreach (var set in (string[])["train", "test"])
            run.Write($"{set}.jsonl", File.ReadAllText(run.Path($"{set}.jsonl")).Replace("\"image\":", "\"video\":", StringComparison.Ordinal).Replace("\\u003Cimage\\u003E", "<video>", StringComparison.Ordinal).Replace("<image>", "<video>", StringComparison.Ordinal));
        for (var i = 0; i < TinyRun.Samples; i++) File.WriteAllBytes(run.Path($"pictures/{i}.png"), VideoWriter.Write(run.Folder, [.. Enumerable.Range(0, 4).Select(frame => Pixmap((byte)((60 * (i % 4)) + frame)))]));
        var config = File.ReadAllText(run.Path("pretrain.yaml"));
        const string Picture = "image:\n      encoder: { kind: clip_vit,";
        Assert.Contains(Picture, config, StringComparison.Ordinal);
        config = config.Replace(Picture, "video:\n      encoder: { kind: video_frames, frames: 3, pooling: temporal_spatial, encoder: { kind: clip_vit,", StringComparison.Ordinal).Replace("patch_size: 8 } }", "patch_size: 8 } } }", StringComparison.Ordinal);
        run.Write("pretrain.yaml", config);

        Assert.Equal(ExitCode.Done, run.Train("pretrain", settings: "train.max_steps=30").ExitCode);
        var losses = run.Metrics("pretrain").Select(line => line.Loss).ToList();
        Assert.True(losses.TakeLast(4).Average() < losses.Take(4).Average(), string.Join(' ', losses));
        Assert.Equal(ExitCode.Done, run.Train("sft", "sft.yaml").ExitCode);
        var report = EvaluationSession.Run(new EvaluationRequest { Options = run.Options("sft.yaml"), RunDirectory = run.Path("runs/sft") });
        Assert.All(report.Splits.Values, split => Assert.NotNull(split.LossShuffled));
    }

    private static byte[] Pixmap(byte colour) => [.. Encoding.ASCII.GetBytes("P6\n16 16\n255\n"), .. Enumerable.Range(0, 16 * 16).SelectMany(i => (byte[])[colour, (byte)i, (byte)(255 - colour)])];
}
