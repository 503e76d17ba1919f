using TrainMm.Core.Diagnostics;
using TrainMm.Models;
using TrainMm.Models.LanguageModels.Generation;
using TrainMm.Training.Evaluation;

namespace TrainMm.Cli.Commands;

/// <summary>Questions typed, answers shown word by word.</summary>
/// <param name="session">The model.</param>
/// <param name="options">How tokens are chosen.</param>
/// <param name="sampling">How media are drawn.</param>
/// <param name="input">Where questions come from.</param>
/// <param name="output">Where answers go.</param>
/// <param name="folder">Where media that answers make are written.</param>
internal sealed class Conversation(GenerationSession session, GenerationOptions options, SamplingOptions sampling, TextReader input, TextWriter output, string folder)
{
    private int made;

    /// <summary>One question, one answer.</summary>
    public void Answer(string prompt, IReadOnlyList<AttachedMedium> media)
    {
        session.Ask(prompt, media, options, Show, Write, sampling);
        output.WriteLine();
    }

    /// <summary>Questions until an empty line or the end of the input; the media go with the first.</summary>
    public void Chat(string prompt, IReadOnlyList<AttachedMedium> media)
    {
        if (prompt.Length > 0)
        {
            Answer(prompt, media);
            media = [];
        }

        while (true)
        {
            output.Write("> ");
            output.Flush();
            if (input.ReadLine() is not { Length: > 0 } question) break;
            try
            {
                Answer(question, media);
                media = [];
            }
            catch (DataException mistake)
            {
                output.WriteLine($"error: {mistake.Message}");
            }
        }
    }

    private void Write(MadeMedium medium)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, $"answer-{++made}{medium.Extension}");
        File.WriteAllBytes(path, medium.Content);
        output.Write($" [{medium.Modality}: {path}]");
    }

    private void Show(string text)
    {
        output.Write(text);
        output.Flush();
    }
}
