using System.Globalization;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters.Csv;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.NoEmit;
using TrainMm.Data.Text;
using TrainMm.Data.Text.Tokenizers;

namespace TrainMm.Benchmarks;

/// <summary>Tokens a second on one core, and what a pass over a text allocates, as BenchmarkDotNet measures them.</summary>
public class TokenizerBenchmark
{
    private readonly List<int> ids = new(1 << 20);
    private ITokenizer tokenizer = null!;
    private string[] pieces = null!;

    /// <summary>The tokenizer's folder.</summary>
    internal static string Folder { get; private set; } = "";

    /// <summary>The text's file.</summary>
    internal static string TextPath { get; private set; } = "";

    /// <summary>How the text comes: conversations are short, documents are long.</summary>
    [ParamsAllValues]
    public TextForm Text { get; set; }

    /// <summary>Measures a tokenizer on a text.</summary>
    public static void Run(string folder, string textPath)
    {
        (Folder, TextPath) = (folder, textPath);
        var config = ManualConfig.CreateEmpty()
            .AddJob(Job.Default.WithToolchain(InProcessNoEmitToolchain.Instance))
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddExporter(CsvExporter.Default)
            .WithArtifactsPath(Path.Combine(Path.GetTempPath(), "trainmm-benchmarks"))
            .AddLogger(ConsoleLogger.Default);
        foreach (var report in BenchmarkRunner.Run<TokenizerBenchmark>(config).Reports)
        {
            var form = (TextForm)report.BenchmarkCase.Parameters[nameof(Text)];
            var tokens = new TokenizerBenchmark { Text = form }.CountTokens();
            var seconds = report.ResultStatistics!.Mean / 1e9;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{form,-10} {tokens,10:N0} tokens, {tokens / seconds,12:N0} tokens/s, {report.GcStats.GetBytesAllocatedPerOperation(report.BenchmarkCase) / (double)tokens:F4} bytes allocated a token"));
        }
    }

    /// <summary>Loads the tokenizer and the text.</summary>
    [GlobalSetup]
    public void Load()
    {
        tokenizer = TokenizerFile.Load(Folder);
        var text = File.ReadAllText(TextPath);
        pieces = Text switch
        {
            TextForm.Paragraphs => text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries),
            TextForm.Lines => text.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            _ => [text],
        };
    }

    /// <summary>One pass over the text.</summary>
    [Benchmark]
    public int Encode()
    {
        var tokens = 0;
        foreach (var piece in pieces)
        {
            ids.Clear();
            tokenizer.EncodeStretch(piece, TextPosition.Start, ids);
            tokens += ids.Count;
        }

        return tokens;
    }

    private int CountTokens()
    {
        Load();
        return Encode();
    }
}

/// <summary>How a text comes to the tokenizer.</summary>
public enum TextForm
{
    /// <summary>Whole.</summary>
    Whole,

    /// <summary>Paragraph by paragraph.</summary>
    Paragraphs,

    /// <summary>Line by line.</summary>
    Lines,
}
