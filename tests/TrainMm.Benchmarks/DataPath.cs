using System.Globalization;
using System.Text.Json;
using TrainMm.Core.Config;
using TrainMm.Data.Text;
using TrainMm.Data.Text.Tokenizers;
using TrainMm.Training.Loop;
using TrainMm.Training.Parts;

namespace TrainMm.Benchmarks;

/// <summary>What the way from files to batches does a second, on one core: JPEG to an encoder's pixels beside libjpeg-turbo's decoding alone, tokens, and samples of the demo's second stage with all that a batch needs.</summary>
internal static class DataPath
{
    private const int Batch = 64;

    /// <summary>Measures, and prints a row for each figure.</summary>
    /// <param name="quick">Whether few rounds do.</param>
    /// <returns>By the names in the benchmark's JSON; JPEG's are left out where ffmpeg, which makes the picture, is missing.</returns>
    public static IReadOnlyDictionary<string, double> Measure(bool quick)
    {
        var figures = new Dictionary<string, double>(StringComparer.Ordinal);
        var rounds = quick ? 5 : 15;
        JpegPath.Measure(rounds, figures);
        figures["tokenizer_tokens_per_second"] = TokensPerSecond(rounds);
        figures["loader_samples_per_second"] = SamplesPerSecond(rounds, quick ? 4 : 16);
        foreach (var (name, value) in figures) Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-40} {value,14:N1}"));
        return figures;
    }

    /// <summary>The demo's tokenizer on the questions and answers of the demo's second stage.</summary>
    private static double TokensPerSecond(int rounds)
    {
        var tokenizer = TokenizerFile.Load(Checkout.PathOf("data-manifests/emoji/frozen/llm"));
        string[] texts =
        [
            .. File.ReadLines(Checkout.PathOf("data-manifests/emoji/train_sft.jsonl"))
                .SelectMany(line => JsonDocument.Parse(line).RootElement.GetProperty("conversations").EnumerateArray().Select(turn => turn.GetProperty("value").GetString()!)),
        ];
        var ids = new List<int>();
        return Timing.Rate(rounds, () =>
        {
            var tokens = 0L;
            foreach (var text in texts)
            {
                ids.Clear();
                tokenizer.EncodeStretch(text, TextPosition.Start, ids);
                tokens += ids.Count;
            }

            return tokens;
        });
    }

    /// <summary>Batches of the demo's second stage, with no model: each round takes samples whose pictures no round before has decoded.</summary>
    private static double SamplesPerSecond(int rounds, int batches)
    {
        var options = ConfigBinder.Bind<RunOptions>(ConfigDocument.Load(Checkout.PathOf("configs/demo/sft.yaml"), ["initial_run=null"]));
        using var model = ModelAssembly.Declare(options, ["image.input_projector"]);
        using var set = new DataAssembly(options, model).OpenTraining(_ => { });
        var position = 0L;
        return Timing.Rate(rounds, () =>
        {
            for (var i = 0; i < batches; i++, position += Batch) set.Batches.Load(position, Batch).Dispose();
            return (long)batches * Batch;
        });
    }
}
